"""A seal: an author's signed tree head {author, size, root} over all its versions so far (design, section 2.3).

One signature covers a whole log however many sessions made it, and tells how much the author has written. Reading
one checks its shape; `require_valid` checks the signature (62 us), once for each part of a log that comes.
"""

from typing import Final

import msgspec

from edenmesh.core.encoding import decode_struct, encode
from edenmesh.core.ids import ID_BYTES
from edenmesh.core.limits import LOG_VERSIONS_MAX, SEAL_BYTES_MAX
from edenmesh.core.ports import Signer
from edenmesh.core.trust.merkle import Frontier
from edenmesh.core.trust.signature import SIGNATURE_BYTES, is_signed, sign_tagged
from edenmesh.errors import InvalidInput, RemoteProtocolError, SealInvalid

_TAG: Final = "seal"


class Seal(msgspec.Struct, frozen=True):
    """The head of an author's log after `size` versions, with the author's signature. Fields stand in key order."""

    author: bytes
    root: bytes
    signature: bytes
    size: int

    @classmethod
    def sign(cls, signer: Signer, frontier: Frontier) -> "Seal":
        """Seal the log that has this frontier. Raises InvalidInput for an empty log."""
        if not frontier.size:
            raise InvalidInput(what="A log without versions cannot be sealed.")
        author, root, size = signer.public_key, frontier.root(), frontier.size
        return cls(author, root, sign_tagged(signer, _TAG, _content(author, size, root)), size)

    def require_valid(self) -> None:
        """Raise SealInvalid unless the author signed this head."""
        if not is_signed(self.author, _TAG, _content(self.author, self.size, self.root), self.signature):
            raise SealInvalid(
                what=f"The seal of author {self.author.hex()[:12]} at {self.size} versions is not theirs."
            )

    @classmethod
    def decode(cls, data: bytes) -> "Seal":
        """Read a seal as it came; its signature is not checked yet.

        Raises RemoteProtocolError unless the bytes are canonical and of the right shape.
        """
        seal = decode_struct(data, _DECODER, SEAL_BYTES_MAX)
        if len(seal.author) != ID_BYTES or len(seal.root) != ID_BYTES or len(seal.signature) != SIGNATURE_BYTES:
            raise RemoteProtocolError(what="A part of a seal has the wrong length.")
        if not 0 < seal.size <= LOG_VERSIONS_MAX:
            raise RemoteProtocolError(what=f"A seal over {seal.size} versions is out of range.")
        return seal

    def encode(self) -> bytes:
        """Canonical bytes."""
        return encode(self)


_DECODER: Final = msgspec.msgpack.Decoder(Seal)


def _content(author: bytes, size: int, root: bytes) -> bytes:
    return author + size.to_bytes(8, "big") + root
