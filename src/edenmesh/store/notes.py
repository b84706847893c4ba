"""What a device notes for itself and never sends: its keys, its peers, its destinations, the last tallies.

Each is a small struct in a row of its own, encrypted with the rest of the database. Fields this program does not know
are passed over, so a newer one may add some.
"""

from typing import Final, NamedTuple

import msgspec

from edenmesh.core.encoding import encode
from edenmesh.core.ids import AuthorId, DestinationId, DeviceId
from edenmesh.core.wire import Tally
from edenmesh.errors import RemoteProtocolError
from edenmesh.store.database import Link
from edenmesh.store.versions import Name

READ_AGAIN_MS: Final = 24 * 60 * 60 * 1000
"""After how long a second reading counts (design, section 2.6: a day later)."""


class HeldLog(msgspec.Struct, frozen=True, kw_only=True):
    """The beginning of an author's log: so many versions, and the tree head over them."""

    author: AuthorId
    root: bytes
    size: int


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """Another device as seen from here. `last_seen` is wall time in milliseconds since 1970, 0 for never.

    `is_allowed` says that a person here chose to sync with it, `is_blocked` that no session with it is wanted. `holds`
    are logs as far as it has made them durable, `has_files` those of which it has said to have all files whole. A guest
    has a `door`, the secret both knock with; it is given the tables it `shares`, all of them where `shares_all`.
    """

    device: DeviceId
    name: str = ""
    addresses: tuple[str, ...] = ()
    is_allowed: bool = False
    is_blocked: bool = False
    last_seen: int = 0
    holds: tuple[HeldLog, ...] = ()
    has_files: tuple[HeldLog, ...] = ()
    door: bytes = b""
    shares: tuple[str, ...] = ()
    shares_all: bool = False

    @property
    def is_guest(self) -> bool:
        """Whether it was paired as a device of another team."""
        return bool(self.door)

    @property
    def tables(self) -> frozenset[str] | None:
        """The tables that a guest is given now; None says all of them."""
        return None if self.shares_all else frozenset(self.shares)


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """A Sahana Eden server that records are delivered to.

    `pin` is the SHA-256 of its TLS key, empty where none is pinned. `settings` are for the room that speaks to it.
    """

    id: DestinationId
    name: str
    url: str
    user: str = ""
    password: str = ""
    pin: bytes = b""
    settings: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"Destination({self.name!r}, {self.url!r})"


class KeptTally(msgspec.Struct, frozen=True, kw_only=True):
    """What both sides stated when they last met, and what kept it from being everything, in words."""

    device: DeviceId
    met: int
    ours: Tally
    theirs: Tally
    missing: tuple[str, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether both held the same then, whole."""
        return not self.missing


class Read(NamedTuple):
    """This device itself has read a record at a destination, at that wall time in milliseconds since 1970."""

    destination: DestinationId
    name: Name
    now_ms: int


_PEER: Final = msgspec.msgpack.Decoder(Peer)
_DESTINATION: Final = msgspec.msgpack.Decoder(Destination)
_TALLY: Final = msgspec.msgpack.Decoder(KeptTally)


class Notes:
    """Reads what this device noted."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def meta(self, name: str) -> bytes | None:
        """A named value, or None."""
        row = self._link.row("SELECT value FROM meta WHERE name = ?", (name,))
        return bytes(row[0]) if row else None

    def metas(self, beginning: str) -> list[tuple[str, bytes]]:
        """All named values whose name begins so, by name. The beginning is ASCII."""
        rows = self._link.rows(
            "SELECT name, value FROM meta WHERE name >= ?1 AND name < ?1 || x'7f' ORDER BY name", (beginning,)
        )
        return [(name, bytes(value)) for name, value in rows]

    def peer(self, device: DeviceId) -> Peer | None:
        """A peer, or None where this device has not met it."""
        row = self._link.row("SELECT data FROM peers WHERE device = ?", (device,))
        return _PEER.decode(row[0]) if row else None

    def peers(self) -> list[Peer]:
        """All peers, in the order of their ids."""
        return [_PEER.decode(row[0]) for row in self._link.rows("SELECT data FROM peers ORDER BY device")]

    def destination(self, destination: DestinationId) -> Destination | None:
        """A destination, or None."""
        row = self._link.row("SELECT data FROM destinations WHERE id = ?", (destination,))
        return _DESTINATION.decode(row[0]) if row else None

    def destinations(self) -> list[Destination]:
        """All destinations, in the order of their ids."""
        return [_DESTINATION.decode(row[0]) for row in self._link.rows("SELECT data FROM destinations ORDER BY id")]

    def tally(self, device: DeviceId) -> KeptTally | None:
        """What was stated when that peer was last met, or None. One that another program version kept says nothing."""
        row = self._link.row("SELECT data FROM tallies WHERE device = ?", (device,))
        try:
            return _TALLY.decode(row[0]) if row else None
        except (msgspec.ValidationError, RemoteProtocolError):
            return None


def put_meta(link: Link, name: str, value: bytes) -> None:
    """Note a named value."""
    link.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def drop_meta(link: Link, name: str) -> None:
    """Forget a named value."""
    link.run("DELETE FROM meta WHERE name = ?", (name,))


def put_peer(link: Link, peer: Peer) -> None:
    """Note a peer in place of what was noted of it."""
    link.run("INSERT OR REPLACE INTO peers VALUES (?, ?)", (peer.device, encode(peer)))


def drop_peer(link: Link, device: DeviceId) -> None:
    """Forget a peer and its last tally."""
    link.run("DELETE FROM peers WHERE device = ?", (device,))
    link.run("DELETE FROM tallies WHERE device = ?", (device,))


def put_destination(link: Link, destination: Destination) -> None:
    """Note a destination in place of what was noted of it."""
    link.run("INSERT OR REPLACE INTO destinations VALUES (?, ?)", (destination.id, encode(destination)))


def drop_destination(link: Link, destination: DestinationId) -> None:
    """Forget a destination. Observations of it stay: they are versions."""
    link.run("DELETE FROM destinations WHERE id = ?", (destination,))


def put_read(link: Link, read: Read) -> None:
    """Note a reading of a record that is delivered: as the first one, or a day after it as the second.

    A clock that was set back begins anew: else a time that never comes would be waited for.
    """
    link.run(
        "INSERT INTO read_backs SELECT ?1, record, body, ?4, 0 FROM delivered"
        " JOIN records ON records.num = record JOIN tables ON tables.num = table_num"
        " WHERE destination = ?1 AND name = ?2 AND uuid = ?3"
        " ON CONFLICT DO UPDATE SET first = min(first, ?4),"
        " again = CASE WHEN ?4 < first THEN 0 WHEN again = 0 AND ?4 >= first + ?5 THEN ?4 ELSE again END",
        (read.destination, *read.name, read.now_ms, READ_AGAIN_MS),
    )


def put_tally(link: Link, tally: KeptTally) -> None:
    """Keep the tally of a session in place of the one before."""
    link.run("INSERT OR REPLACE INTO tallies VALUES (?, ?)", (tally.device, encode(tally)))
