"""Husks: what stays in the row of a version whose content was here and is gone.

A purged version keeps its author, seq and parents, so that its place is known whatever comes later; an erased one
only whose it was and where it stood. How many bytes it had is kept, too: a log has to be cut where it can be passed
on when the content comes back.
"""

from typing import Final

import msgspec

from edenmesh.core.encoding import decode_struct, encode
from edenmesh.core.ids import Id
from edenmesh.core.limits import VERSION_BYTES_MAX
from edenmesh.core.records import Version


class Husk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stays of one version. Fields stand in key order."""

    author: Id
    op: str = ""
    parents: list[Id] = []
    schema: bytes = b""
    seq: int
    size: int

    @classmethod
    def of(cls, data: bytes) -> "Husk":
        """What stays of a version that is purged."""
        one = Version.decode(data)
        return cls(author=one.author, op=one.op, parents=one.parents, schema=one.schema, seq=one.seq, size=len(data))

    @classmethod
    def decode(cls, data: bytes) -> "Husk":
        """Read a husk as it was kept. Raises RemoteProtocolError where it is none."""
        return decode_struct(data, _DECODER, VERSION_BYTES_MAX)

    def encode(self) -> bytes:
        """Canonical bytes."""
        return encode(self)

    def emptied(self) -> "Husk":
        """What stays of a version that is erased."""
        return Husk(author=self.author, seq=self.seq, size=self.size)


_DECODER: Final = msgspec.msgpack.Decoder(Husk)


def size_of(husk: bytes) -> int:
    """How many bytes a version had of which this stayed; where nothing was ever here, how many it may have."""
    return Husk.decode(husk).size if husk else VERSION_BYTES_MAX
