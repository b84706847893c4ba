"""What is derived is a function of what has come: however it came, in which order, and derived anew."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from edenmesh.core.records import OPEN, Flag
from edenmesh.store import Store
from edenmesh.store.database import Link
from tests.store.making import make_store
from tests.store.worlds import TABLE, Shown, World, arrive, expected

WORLDS = 80


def shown(link: Link) -> dict[str, Shown]:
    """What is kept of each record that is shown."""
    found: dict[str, Shown] = {}
    for num, uuid, flags, waiting in link.rows("SELECT num, uuid, flags, waiting FROM records WHERE is_vacant = 0"):
        awaited = link.rows("SELECT form FROM awaited WHERE record = ?", (num,))
        delivered = link.rows("SELECT destination, body, is_receipt FROM delivered WHERE record = ?", (num,))
        twins = link.rows("SELECT author FROM twins WHERE record = ?", (num,))
        found[uuid] = Shown(
            flags,
            waiting,
            frozenset(row[0] for row in awaited),
            frozenset((place, body, bool(is_receipt)) for place, body, is_receipt in delivered),
            frozenset(row[0] for row in twins),
        )
    return found


def look(store: Store, world: World, came: int, work: Counter[str]) -> None:
    """All that is listed and counted is what the model says."""
    wanted = expected(world, world.events[:came])
    reader = store._database.reader
    assert shown(reader) == wanted
    rows = store.records.page(TABLE, with_deleted=True)
    assert {row.uuid: int(row.flags) for row in rows} == {uuid: one.flags for uuid, one in wanted.items()}
    for row in rows:
        held = store.records.versions(TABLE, row.uuid)
        assert held is not None
        assert held.state().flags == row.flags
        assert held.state().uuid == row.uuid
    deleted = sum(1 for one in wanted.values() if one.flags & Flag.DELETED)
    opened = sum(1 for one in wanted.values() if one.flags & OPEN)
    assert store.records.tables() == ([(TABLE, len(wanted) - deleted, opened, deleted)] if wanted else [])
    owed = {uuid for uuid, one in wanted.items() if not one.delivered}
    assert {row.uuid for row in store.records.owed(world.destination)} == owed
    assert store.records.count_owed(world.destination) == len(owed)
    assert {row.uuid for row in store.records.twins()} == {uuid for uuid, one in wanted.items() if one.twins}
    for flag in Flag:
        flagged = {row.uuid for row in store.records.flagged(flag)}
        assert flagged == {uuid for uuid, one in wanted.items() if one.flags & flag}
        work[str(flag.name)] += len(flagged)
    work["looked"] += 1
    work["awaited"] += any(one.awaited for one in wanted.values())
    work["delivered"] += any(one.delivered for one in wanted.values())
    work["receipts"] += any(is_receipt for one in wanted.values() for _, _, is_receipt in one.delivered)
    work["twins"] += any(one.twins for one in wanted.values())
    work["left"] += len({row.uuid for row in rows} - {one.uuid for one in world.versions().values()})


def live(folder: Path, seed: int, work: Counter[str]) -> None:
    """One world arrives in pieces; what is derived is looked at now and then, and at the end derived anew."""
    world = World(Random(seed))
    with make_store(folder / str(seed)) as store:
        with store.change() as change:
            change.add_charter(world.founding)
        came = 0
        while came < len(world.events):
            step = world.chance.randint(2, 6)
            arrive(store, world.events[came : came + step])
            came = min(came + step, len(world.events))
            look(store, world, came, work)
        before = shown(store._database.reader)
        store.derive_states()
        assert shown(store._database.reader) == before


def live_all(folder: Path) -> Counter[str]:
    work: Counter[str] = Counter()
    for seed in range(WORLDS):
        live(folder, seed, work)
    return work


def test_what_is_derived_is_what_the_model_says_whatever_came_first(tmp_path: Path) -> None:
    work = live_all(tmp_path)
    least = dict.fromkeys(("looked", "awaited", "IDENTITY", "WAITING"), 50)
    least |= dict.fromkeys(("delivered", "CONFLICT", "QUARANTINED", "twins", "left"), 15)
    least |= {"receipts": 5, "DELETED": 5}
    assert {name: work[name] for name, count in least.items() if work[name] < count} == {}


@pytest.mark.parametrize(
    "sabotaged",
    [
        "states.awaiting",
        "receipts.changed_records",
        "twins.Forks.records_beyond",
        "states.family_uuids",
        "standing.changed_authors",
    ],
)
def test_a_store_that_forgets_to_derive_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sabotaged: str
) -> None:
    def forget(*_: object) -> set[object]:
        return set()

    monkeypatch.setattr(f"edenmesh.store.{sabotaged}", forget)
    with pytest.raises(AssertionError):
        live_all(tmp_path)
