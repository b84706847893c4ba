"""What a session tells its driver. Batches are to be stored, then confirmed by `handle_committed`, in any order."""

from dataclasses import dataclass, field
from typing import TypeAlias

from edenmesh.core.ids import DeviceId, FileHash
from edenmesh.core.reconcile import Mark
from edenmesh.core.session.ports import Filling, LogPart
from edenmesh.core.trust import CharterEntry
from edenmesh.core.wire import Tally


@dataclass(frozen=True, slots=True)
class CharterReceived:
    """Charter entries to be stored; their signatures hold."""

    batch: int
    entries: list[CharterEntry]


@dataclass(frozen=True, slots=True)
class FormReceived:
    """An encoded form to be stored; where a guest gave it, in the pen."""

    batch: int
    form: bytes
    guest: DeviceId | None = None


@dataclass(frozen=True, slots=True)
class PartReceived:
    """Versions and holes to be stored: valid, in seq order, under a valid seal of an author the charter names.

    `is_penned`: the charter names no such author, or a guest gave the part: it is for the guest pen.
    """

    batch: int
    part: LogPart
    is_penned: bool = False


@dataclass(frozen=True, slots=True)
class HolesReceived:
    """Contents of holes to be stored, their ids checked; and which holes the peer says were erased."""

    batch: int
    filling: Filling


@dataclass(frozen=True, slots=True)
class ChunkReceived:
    """A piece of a file to be stored; the store checks the whole against its hash."""

    batch: int
    file: FileHash
    size: int
    offset: int
    data: bytes


Batch: TypeAlias = CharterReceived | FormReceived | PartReceived | HolesReceived | ChunkReceived


@dataclass(frozen=True, slots=True)
class PeerHolds:
    """The peer has made a log durable up to here."""

    log: Mark


@dataclass(frozen=True, slots=True)
class Tallied:
    """Both sides have stated what they hold. `missing` says in words what keeps it from being everything.

    `logs` are the logs here at that moment where the peer stated the same, and none where it stated others.
    """

    ours: Tally
    theirs: Tally
    missing: tuple[str, ...]
    logs: tuple[Mark, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether both hold the same charter, versions and files, whole."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class GuestMet:
    """Both sides of a session with a guest have given what they share, as far as the other wished for it.

    `shared` versions of ours are shared with it; `refused_there` of those given now it did not take. `penned` of its
    own lie in the pen here, in all; `refused` were not taken now, by the reason.
    """

    shared: int
    penned: int
    refused: tuple[tuple[str, int], ...] = ()
    refused_there: int = 0


@dataclass(frozen=True, slots=True)
class PeerWaits:
    """The peer is a member nobody here has chosen to sync with yet; a person may."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over. `code` is for the program, `text` for the person."""

    code: str
    text: str
    is_by_peer: bool


Event: TypeAlias = Batch | PeerHolds | Tallied | GuestMet | PeerWaits | Ended


@dataclass(slots=True)
class Progress:
    """True figures for people who wait: counts of versions, and bytes of files; a total grows as it becomes known."""

    versions_to_give: int = 0
    versions_given: int = 0
    versions_to_take: int = 0
    versions_taken: int = 0
    file_bytes_to_take: int = 0
    file_bytes_taken: int = 0
    file_bytes_given: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    """Versions not taken, by the reason."""
