"""Status of a device as types: screens and commands only draw it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from edenmesh.core.ids import format_id
from edenmesh.node.meeting import Meetings, Visibility
from edenmesh.node.parts import Parts

_ELSEWHERE: Final = "a server others reach,"
"""What a destination is called that this device knows only from receipts."""


@dataclass(frozen=True, slots=True)
class OwedView:
    """How much of what is here a destination was seen to hold."""

    destination: str
    url: str
    delivered: int
    owed: int


@dataclass(frozen=True, slots=True)
class Status:
    """Where this device stands. Counts are taken from the store at the moment of asking."""

    name: str
    device: str
    mesh: str
    members: int
    records: int
    open: int
    waiting: int
    quarantined: int
    files_missing: int
    forked_authors: int
    is_listening: bool
    port: int
    addresses: tuple[str, ...]
    visible_until: float
    call_sign: str
    connected: tuple[str, ...]
    destinations: tuple[OwedView, ...]


def read_status(parts: Parts, meetings: Meetings, visibility: Visibility) -> Status:
    """Where this device stands now."""
    store, team = parts.store, parts.team
    charter = team.charter
    tables = store.records.tables()
    counts = store.snapshot.open_counts()
    shown = visibility.shown
    total = sum(row.shown + row.deleted for row in tables)
    return Status(
        name=team.name,
        device=format_id("d", parts.identity.device),
        mesh=format_id("m", charter.mesh) if charter.mesh is not None else "",
        members=sum(charter.is_member(device) for device in charter.members),
        records=sum(row.shown for row in tables),
        open=sum(row.open for row in tables),
        waiting=counts.waiting,
        quarantined=counts.quarantined,
        files_missing=counts.files_missing,
        forked_authors=len(store.branches()),
        is_listening=bool(meetings.port),
        port=meetings.port,
        addresses=visibility.addresses(),
        visible_until=shown.until if shown is not None else 0.0,
        call_sign=shown.call_sign if shown is not None else "",
        connected=tuple(sorted(team.name_of(peer) for peer in meetings.connected)),
        destinations=tuple(_owed(parts, total)),
    )


def _owed(parts: Parts, total: int) -> Iterator[OwedView]:
    """Destinations noted here, and those only known from the receipts of other devices."""
    store = parts.store
    noted = {one.id: (one.name, one.url) for one in store.notes.destinations()}
    for destination in [*noted, *(one for one in store.records.destinations() if one not in noted)]:
        name, url = noted.get(destination, (f"{_ELSEWHERE} {format_id('s', destination)[:10]}", ""))
        owed = store.records.count_owed(destination)
        yield OwedView(name, url, total - owed, owed)
