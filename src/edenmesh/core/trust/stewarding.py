"""Acts by which stewards decide for the whole mesh: whose versions count, which server, which form, what is erased.

Only a steward of its place may; a taking strikes them like any other use of that right (design, sections 2.1, 2.7).
"""

import hmac
from typing import Final, Literal, TypeAlias

from edenmesh.core.encoding import require_text
from edenmesh.core.ids import ID_BYTES, tagged_hash
from edenmesh.core.limits import ADDRESS_CHARS_MAX, ASK_WHY_CHARS_MAX, CHARTER_STUBS_MAX, NAME_CHARS_MAX
from edenmesh.core.trust.acts import Act, require, require_device_name, require_head, require_keys, require_sorted

StubOf: TypeAlias = Literal["name", "first"]
"""What a stub stands for: the id of a record, or the id of a strand's first version."""

_PLAIN_HTTP: Final = "http:"
_DIGEST: Final = "sha256"


class Accept(Act, frozen=True, kw_only=True):
    """The first `size` versions of an author's log that has this tree head there count, whoever the author is."""

    author: bytes
    root: bytes
    size: int

    def require_valid(self) -> None:
        """Raise InvalidInput unless every field is in range."""
        require_keys(self.author)
        require_head(self.author, self.size, self.root)


class PinDestination(Act, frozen=True, kw_only=True):
    """A server that receipts may speak of: its base URL, the hash of that, what to call it, and its TLS key.

    `pin` is the SHA-256 of the server's key, and empty for plain http, which shows none.
    """

    address: str
    destination: bytes
    name: str
    pin: bytes

    def require_valid(self) -> None:
        """Raise InvalidInput unless every field is in range."""
        require(0 < len(self.address) <= ADDRESS_CHARS_MAX, "its address is empty or too long")
        require_text(self.address)
        require(self.destination == destination_id(self.address), "its destination is not the one at its address")
        require_device_name(self.name)
        is_plain = self.address.startswith(_PLAIN_HTTP)
        require(len(self.pin) == (0 if is_plain else ID_BYTES), "its pin does not fit its address")


class ChooseForm(Act, frozen=True, kw_only=True):
    """The form by which a table is filled in from now on."""

    form: bytes
    table: str

    def require_valid(self) -> None:
        """Raise InvalidInput unless every field is in range."""
        require(len(self.form) == ID_BYTES, "its form is no hash")
        require(0 < len(self.table) <= NAME_CHARS_MAX, "its table is empty or too long")
        require_text(self.table)


class Stubs(Act, frozen=True, kw_only=True):
    """Records, as stubs that tell nothing to who does not hold them.

    `names` stand for record ids, `firsts` for first versions of the strands that go, `spares` for those of strands
    that stay though they have such a name.
    """

    firsts: tuple[bytes, ...] = ()
    names: tuple[bytes, ...] = ()
    spares: tuple[bytes, ...] = ()

    def require_valid(self) -> None:
        """Raise InvalidInput unless every field is in range."""
        stubs = (*self.firsts, *self.names, *self.spares)
        require(bool(self.firsts or self.names) and len(stubs) <= CHARTER_STUBS_MAX, "it names nothing or too much")
        require(all(len(stub) == ID_BYTES for stub in stubs), "a stub has the wrong length")
        for listed in (self.firsts, self.names, self.spares):
            require_sorted(listed)
        require(not set(self.firsts) & set(self.spares), "it spares what it erases")


class Erase(Stubs, frozen=True, kw_only=True):
    """What is to be destroyed everywhere."""


class Ask(Stubs, frozen=True, kw_only=True):
    """A member asks the stewards to erase something, and says why. It has no effect on what it names."""

    why: str

    def require_valid(self) -> None:
        """Raise InvalidInput unless every field is in range."""
        super().require_valid()
        require(len(self.why) <= ASK_WHY_CHARS_MAX, "its reason is too long")
        require_text(self.why)


class Confirm(Act, frozen=True, kw_only=True):
    """A second steward's word for an erasure that is below this entry: its content may go at once."""

    entry: bytes

    def require_valid(self) -> None:
        """Raise InvalidInput unless every field is in range."""
        require(len(self.entry) == ID_BYTES, "it confirms no entry")


def destination_id(address: str) -> bytes:
    """The name of the server with this base URL, which is in normal form."""
    return tagged_hash("destination", address.encode())


def erase_stub(salt: bytes, kind: StubOf, value: bytes) -> bytes:
    """The stub by which an erasure names a record id or a first version: HMAC-SHA256 (RFC 2104) under a mesh's salt."""
    return hmac.digest(salt, f"edenmesh/erase {kind}/1\0".encode() + value, _DIGEST)
