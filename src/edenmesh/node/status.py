"""Status of a device as types: screens and commands only draw it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from edenmesh.core.ids import format_id
from edenmesh.node.meeting import Meetings, Visibility
from edenmesh.node.parts import Parts
from edenmesh.node.stewardship import Stewardship

_ELSEWHERE: Final = "a server others reach,"
"""What a destination is called that this device knows only from receipts."""


@dataclass(frozen=True, slots=True)
class OwedView:
    """How much of what is here a destination was seen to hold.

    Of what was `delivered`, `receipts` are those a gateway saw at a destination that a steward pinned (`is_pinned`),
    and `read_once` those this device read back itself and is to read a second time a day later. `questions` are records
    of which the server has gone back, waiting for one answer.
    """

    destination: str
    url: str
    delivered: int
    owed: int
    receipts: int = 0
    read_once: int = 0
    questions: int = 0
    is_pinned: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """Where this device stands. Counts are taken from the store at the moment of asking.

    `penned` is how many guests' handed in versions wait for a steward; `advice` what the team should do, in words.
    `purged` are changes whose content was removed here, `purged_by_rules` records that rules removed and that are still
    gone, `hidden` records that wait for being destroyed, `asked` requests for an erasure that no steward has met.
    """

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
    penned: int = 0
    advice: tuple[str, ...] = ()
    purged: int = 0
    purged_by_rules: int = 0
    hidden: int = 0
    asked: int = 0


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
        waiting=counts.waiting - store.deleted.count_waiting_for_purged(),
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
        penned=sum(one.contents for one in store.snapshot.penned()),
        advice=Stewardship(parts).advice(),
        purged=counts.purged,
        purged_by_rules=store.deleted.count_purged_by_rules(),
        hidden=len(store.deleted.hidden()),
        asked=sum(not one.is_met_by(charter.erasures) for one in charter.asked),
    )


def _owed(parts: Parts, total: int) -> Iterator[OwedView]:
    """Destinations noted here, those that stewards pinned, and those only known from what other devices saw."""
    store = parts.store
    pinned = parts.team.charter.destinations
    named = {one.destination: (one.name, one.address) for one in pinned.values()}
    named |= {one.id: (one.name, one.url) for one in store.notes.destinations()}
    for destination in [*named, *(one for one in store.records.destinations() if one not in named)]:
        name, url = named.get(destination, (f"{_ELSEWHERE} {format_id('s', destination)[:10]}", ""))
        owed = store.records.count_owed(destination)
        yield OwedView(
            name,
            url,
            delivered=total - owed,
            owed=owed,
            receipts=store.records.count_receipts(destination),
            read_once=store.records.count_read_once(destination),
            questions=store.records.count_questions(destination),
            is_pinned=destination in pinned,
        )
