"""What a person asks when something is wrong: checks of the store, the clock, the network and the peers."""

from typing import Final

from edenmesh.net import own_addresses
from edenmesh.node.meeting import Meetings
from edenmesh.node.parts import Check, Parts
from edenmesh.node.stewardship import Stewardship

_YEAR_2026: Final = 1_767_225_600
_MEGABYTE: Final = 1_000_000


def examine(parts: Parts, meetings: Meetings) -> list[Check]:
    """All checks. Reads every page of the database."""
    people = (_steward_check(parts), *_people_checks(parts))
    return [*_store_checks(parts), _clock_check(parts), *people, _network_check(meetings)]


def _store_checks(parts: Parts) -> list[Check]:
    seen = parts.store.statistics()
    problems = "; ".join(seen.problems)
    size = (seen.database_bytes + seen.wal_bytes) / _MEGABYTE
    rows = ", ".join(f"{count} {table}" for table, count in seen.rows.items() if count)
    branches = parts.store.branches()
    return [
        Check(
            "database",
            not problems,
            problems or f"{size:.1f} MB, sound: {rows}",
            "Copy the folder away, then sync with a peer into a new device." if problems else "",
        ),
        Check("encryption", True, ", ".join(f"{name} {value}" for name, value in sorted(seen.settings.items()))),
        Check(
            "authors",
            not branches,
            f"{len(branches)} authors have written on two devices" if branches else "each author writes on one device",
            "A device was copied: take a new author key on one of the two." if branches else "",
        ),
    ]


def _clock_check(parts: Parts) -> Check:
    is_well = parts.settings.wall_clock() > _YEAR_2026
    return Check(
        "clock",
        is_well,
        "plausible" if is_well else "the clock is years behind; times shown are wrong, nothing else is",
        "" if is_well else "Set the clock of this device.",
    )


def _steward_check(parts: Parts) -> Check:
    charter = parts.team.charter
    stewards = [member for member in charter.members.values() if member.is_steward and charter.is_member(member.device)]
    # A team with one steward works, so this is advice and no fault.
    advice = Stewardship(parts).advice()
    return Check("stewards", bool(stewards), f"{len(stewards)} in the team", "; ".join(f"{one}." for one in advice))


def _people_checks(parts: Parts) -> list[Check]:
    counts = parts.store.snapshot.open_counts()
    return [
        Check(
            "versions",
            not counts.waiting,
            f"{counts.waiting} wait for earlier ones, {counts.quarantined} are quarantined",
            "Sync with the devices that wrote them." if counts.waiting else "",
        ),
        Check(
            "files",
            not counts.files_missing,
            f"{counts.files_missing} named but not here whole",
            "Sync with a device that has them." if counts.files_missing else "",
        ),
    ]


def _network_check(meetings: Meetings) -> Check:
    addresses = own_addresses()
    listening = f"listening on port {meetings.port}" if meetings.port else "not listening"
    return Check(
        "network",
        bool(addresses),
        f"{listening}, reachable at {', '.join(addresses) or 'no address'}",
        "" if addresses else "Join a Wi-Fi network or open a hotspot.",
    )
