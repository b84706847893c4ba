"""A later strand contests only the keeper: the records that left, and all decisions, stay as they are."""

from collections import Counter

import pytest
from msgspec.structs import replace

from edenmesh.core.records import RecordState, Version, write
from tests.laws.family_law import States, StatesOf, lets_decisions_lapse, must_catch, try_law
from tests.oracle.histories import MADE, TABLE, Written
from tests.oracle.identity_worlds import families


def contests_only_the_keeper(states_of: StatesOf, held: Written, work: Counter[str]) -> None:
    versions, uncounted = held
    before = states_of(versions, uncounted)
    uuid = next(iter(versions.values())).uuid
    late = write(
        Version(
            author=bytes([0xB0]) * 32,
            format=1,
            made=MADE,
            op="put",
            salt=bytes(16),
            seq=0,
            set={"name": "a later import"},
            table=TABLE,
            uuid=uuid,
        )
    )
    after = states_of({**versions, late.id: late.version}, uncounted)
    assert _others(after, uuid) == _others(before, uuid)
    (contested,) = [state for state in after if state.uuid == uuid]
    assert len([strand for strand in contested.strands if late.id in strand.firsts]) == 1
    kept = [strand for state in before if state.uuid == uuid for strand in state.strands]
    assert [one.firsts for one in contested.strands if late.id not in one.firsts] == [one.firsts for one in kept]
    work["keepers"] += bool(kept)
    work["leavers"] += len(before) > 1


def _others(states: States, uuid: str) -> list[RecordState]:
    """The other records. That there is one strand more in the family changes only what their next version names."""
    return [
        replace(state, strands=tuple(replace(strand, is_shared=True) for strand in state.strands))
        for state in states
        if state.uuid != uuid
    ]


def test_a_later_strand_contests_only_the_strand_that_kept_the_uuid() -> None:
    work = try_law(contests_only_the_keeper, families(), examples=300)
    assert work["keepers"] >= 100, work
    assert work["leavers"] >= 60, work


@pytest.mark.parametrize("sabotage", [lets_decisions_lapse])
def test_a_program_that_asks_again_what_was_decided_is_caught(sabotage: StatesOf) -> None:
    must_catch(contests_only_the_keeper, families(), sabotage)
