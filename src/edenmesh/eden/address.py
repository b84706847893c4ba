"""Where a server is and how to log in there: one spelling for one address, so that all devices name it the same."""

from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlsplit

from edenmesh.core.ids import DestinationId, tagged_hash
from edenmesh.eden.pinning import parse_pin
from edenmesh.errors import InvalidInput

_PORTS: Final = {"http": 80, "https": 443}
_WHAT_TO_TYPE: Final = "Type the address as a browser shows it, such as https://eden.example.org/eden"


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A Sahana Eden server: its base URL in normal form, the login, and the SHA-256 of its TLS key where one is pinned.

    Shown without the password.
    """

    url: str
    user: str = ""
    password: str = field(default="", repr=False)
    pin: bytes = b""

    @classmethod
    def parse(
        cls, url: str, *, user: str = "", password: str = "", pin: str = "", is_http_allowed: bool = False
    ) -> Self:
        """Read what a person typed. `pin` is `sha256//` and base64, or 64 hexadecimal digits.

        Raises InvalidInput where it is no address, or plain http where that is not allowed.
        """
        normal = normal_url(url)
        if normal.startswith("http:") and pin:
            raise InvalidInput(what="A key can be pinned for https only; plain http shows none.")
        if normal.startswith("http:") and not is_http_allowed:
            raise InvalidInput(
                what=f"{normal} is plain http: anybody on the way could read the password and all records.",
                do="Use the address that begins with https, or allow http where the whole network is trusted.",
            )
        return cls(normal, user, password, parse_pin(pin) if pin else b"")

    @property
    def id(self) -> DestinationId:
        """The name of the destination in observations: the hash of its base URL."""
        return DestinationId(tagged_hash("destination", self.url.encode()))

    @property
    def host(self) -> str:
        """The host, for words to people."""
        return urlsplit(self.url).netloc


def normal_url(url: str) -> str:
    """A base URL in normal form: small letters, no default port, no slash at the end.

    Raises InvalidInput where it is none, or says more than where the server is.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError):
        raise InvalidInput(what=f"{url!r} is not the address of a server.", do=_WHAT_TO_TYPE) from None
    if parts.scheme not in _PORTS or not host or any(char.isspace() for char in parts.path):
        raise InvalidInput(what=f"{url!r} is not the address of a server.", do=_WHAT_TO_TYPE)
    if parts.username is not None or parts.query or parts.fragment:
        raise InvalidInput(what="The address holds more than where the server is.", do=_WHAT_TO_TYPE)
    host = f"[{host}]" if ":" in host else host
    place = host if port in (None, _PORTS[parts.scheme]) else f"{host}:{port}"
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}"
