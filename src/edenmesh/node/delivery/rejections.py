"""What a destination did not take although it was sent: kept with the server's words until it changes or is taken.

A note of this device, never sent to others. A record is not sent again in vain: only where what is to be sent of it
differs, where the cause was a passing one, or where a person asks for it.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from edenmesh.core.encoding import encode
from edenmesh.core.ids import DestinationId
from edenmesh.eden import Key
from edenmesh.store import Store, Transaction

TIMES_TRIED: Final = 2
"""How often a value is sent before not finding it is a rejection."""


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """One record that a destination did not take, wholly or in part.

    `what` is why, in words, the server's own where it gave some; `wanted` names what was to be sent; `times` is how
    often it was.
    """

    table: str
    uuid: str
    what: str
    wanted: bytes
    times: int
    is_passing: bool = False

    @property
    def is_final(self) -> bool:
        """Whether sending the same again is of no use."""
        return self.times >= TIMES_TRIED and not self.is_passing


_DECODER: Final = msgspec.msgpack.Decoder(tuple[Rejection, ...])


def read_rejections(store: Store, destination: DestinationId) -> dict[Key, Rejection]:
    """What a destination has not taken so far, by record."""
    kept = store.notes.meta(_name(destination))
    return {(one.table, one.uuid): one for one in _DECODER.decode(kept)} if kept else {}


def put_rejections(writing: Transaction, destination: DestinationId, rejections: Mapping[Key, Rejection]) -> None:
    """Keep what a destination has not taken in place of what was kept before."""
    writing.put_meta(_name(destination), encode(tuple(rejections[key] for key in sorted(rejections))))


def _name(destination: DestinationId) -> str:
    return f"rejections:{destination.hex()}"
