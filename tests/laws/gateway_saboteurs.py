"""Programs in which one sentence of the design, section 2.6, is missing: the laws of gateways must notice."""

from collections.abc import Iterable, Mapping

import pytest

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import VersionId
from edenmesh.core.records import (
    OBSERVE,
    PUT,
    Change,
    Node,
    Reading,
    Version,
    difference,
    last_observations,
    record_state,
)
from edenmesh.core.records.history import history
from edenmesh.core.records.history.past import Name, Past
from edenmesh.core.records.history.places import Places, Versions, places_of
from tests.oracle.gateway_worlds import FIELDS, Said, as_observation

Pairs = Iterable[tuple[Name, list[Node], list[Node]]]


def as_edit(versions: Mapping[VersionId, Version], reading: Reading) -> Said | None:
    """What was read is an edit of what is here, by whoever read it."""
    state = record_state(versions) if versions else None
    strand = state.strands[0] if state is not None and state.strands else None
    fields = reading.fields or {}
    shown = strand.values if strand is not None else {}
    wanted = {name: fields.get(name) for name in FIELDS if shown.get(name) != fields.get(name)}
    change = difference(strand, wanted)
    return None if change.is_empty else (PUT, strand.heads if strand is not None else (), change, {})


def without_ends(versions: Mapping[VersionId, Version], reading: Reading) -> Said | None:
    """Nothing says that a value once seen is there no more, unless another one is assigned."""
    said = as_observation(versions, reading)
    if said is None:
        return None
    op, parents, change, about = said
    return op, parents, change, {name: word for name, word in about.items() if name != "ends"}


def forget_that_it_is_known(versions: Mapping[VersionId, Version], reading: Reading) -> Said | None:
    """Each read is written down, whether it says anything new or not."""
    known = last_observations(versions, reading.destination)
    about: dict[str, Plain] = {"body": reading.body, "destination": reading.destination}
    return as_observation(versions, reading) or (OBSERVE, tuple(sorted(known)), Change(), about) if versions else None


def forget_echoes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was delivered and pulled back counts as said by the server."""

    def concurrent(_: Past, pairs: Pairs) -> list[set[Node]]:
        return [set() for _ in pairs]

    monkeypatch.setattr(Past, "concurrent", concurrent)


def forget_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that one of ours gave long ago, and that comes back at the server, replaces what replaced it."""

    def repeating(_: Past, __: Pairs) -> dict[Name, set[Node]]:
        return {}

    monkeypatch.setattr(Past, "repeating", repeating)


def forget_twins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two gateways that saw one state saw two things."""

    def without_twins(versions: Versions, firsts: list[VersionId], _: list[VersionId]) -> Places:
        return places_of(versions, firsts, [])

    monkeypatch.setattr(history, "places_of", without_twins)
