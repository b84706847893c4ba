"""The head of a request as a door reads it: each header that matters once, or the request is refused.

What a browser says of where a request comes from cannot be forged by the page that makes it: Host, Origin (RFC 6454)
and Sec-Fetch-Site (Fetch Metadata, W3C) are names no script may set.
"""

from dataclasses import dataclass
from typing import Final

from starlette.types import Scope

READS: Final = frozenset(("GET", "HEAD"))
WRITES: Final = frozenset(("POST", "PUT", "PATCH", "DELETE"))
_ONCE: Final = (
    b"host",
    b"origin",
    b"sec-fetch-site",
    b"sec-fetch-mode",
    b"sec-fetch-dest",
    b"content-type",
    b"content-length",
    b"x-form-token",
)


@dataclass(frozen=True, slots=True)
class Head:
    """The method and path of a request, and its headers that matter; empty where they are missing."""

    method: str
    path: str
    host: str
    origin: str
    site: str
    mode: str
    content_type: str
    content_bytes: int
    form_token: str
    cookies: tuple[tuple[str, str], ...]
    language: str
    asks_upgrade: bool
    size_bytes: int

    @classmethod
    def read(cls, scope: Scope) -> "Head | None":
        """The head of a request, or None where it contradicts itself."""
        found: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            found.setdefault(name.lower(), []).append(value)
        if any(len(found.get(name, ())) > 1 for name in _ONCE):
            return None
        texts = {name: b", ".join(values).decode("latin-1") for name, values in found.items()}
        size = texts.get(b"content-length", "0")
        if not (size.isascii() and size.isdigit() and len(size) <= 15):
            return None
        return cls(
            method=scope["method"],
            path=scope["path"],
            host=texts.get(b"host", ""),
            origin=texts.get(b"origin", ""),
            site=texts.get(b"sec-fetch-site", ""),
            mode=texts.get(b"sec-fetch-mode", ""),
            content_type=texts.get(b"content-type", "").partition(";")[0].strip().lower(),
            content_bytes=int(size),
            form_token=texts.get(b"x-form-token", ""),
            cookies=tuple(_cookies(b"; ".join(found.get(b"cookie", ())).decode("latin-1"))),
            language=texts.get(b"accept-language", ""),
            asks_upgrade=b"upgrade" in found,
            size_bytes=len(scope["path"]) + sum(len(name) + len(value) for name, value in scope["headers"]),
        )

    @property
    def is_read(self) -> bool:
        """Whether the method promises to change nothing (RFC 9110, section 9.2.1)."""
        return self.method in READS

    @property
    def is_api(self) -> bool:
        """Whether a program asks, and wants JSON."""
        return self.path.startswith("/api/")


def _cookies(header: str) -> list[tuple[str, str]]:
    """The cookies of a request (RFC 6265, section 5.4), in order; one name may stand there several times."""
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return [(name, value) for name, equals, value in pairs if equals]
