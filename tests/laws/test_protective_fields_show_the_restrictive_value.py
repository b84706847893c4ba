"""A protective field shows the most restrictive of contradicting values, until people have decided."""

from collections import Counter

import pytest
from msgspec.structs import replace

from edenmesh.core.records import RESOLVE, Content, Value, Version, canonical_text
from tests.laws.declared_law import PROTECTED, RESTRICTIVE, declared_state, shows_the_deepest
from tests.laws.law import StateOf, must_catch, try_law
from tests.oracle.histories import FIELDS, Written, edited_records, following


def shows_the_restrictive(state_of: StateOf, held: Written, work: Counter[str]) -> None:
    # What was written of a plain field is taken for what was written of the protective one.
    versions = {one: _protected(version) for one, version in held.versions.items()}
    (strand,) = state_of(versions, frozenset()).strands
    field = strand.fields.get(PROTECTED)
    if field is None or not field.is_conflict:
        return
    given = [_text(choice.content) for choice in field.choices]
    named = [text for text in RESTRICTIVE if text in given]
    assert given[: len(named)] == named
    work["contradictions"] += 1
    work["restrictive"] += bool(named)
    work["more than one"] += len(named) > 1
    _, decided = following(versions, strand.heads, op=RESOLVE, values={PROTECTED: "free"})
    assert state_of(decided, frozenset()).strands[0].values[PROTECTED] == "free"


def _protected(version: Version) -> Version:
    values: dict[str, Value] = {PROTECTED: version.set[FIELDS[0]]} if FIELDS[0] in version.set else {}
    emptied = [PROTECTED] if FIELDS[0] in version.unset else []
    return replace(version, set=values, unset=emptied, add={}, remove={})


def _text(content: Content | None) -> str:
    assert not isinstance(content, tuple)
    return "" if content is None else canonical_text(content)


def test_the_most_restrictive_of_the_values_given_is_shown_until_people_have_decided() -> None:
    work = try_law(shows_the_restrictive, edited_records(), examples=400, program=declared_state)
    assert work["contradictions"] >= 40, work
    assert work["restrictive"] >= 20, work
    assert work["more than one"] >= 3, work


@pytest.mark.parametrize("sabotage", [shows_the_deepest])
def test_a_program_that_shows_the_deepest_is_caught(sabotage: StateOf) -> None:
    must_catch(shows_the_restrictive, edited_records(), sabotage)
