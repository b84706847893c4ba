"""Strands, decisions and residence are those of the reference model, for any family."""

from collections import Counter

from hypothesis import HealthCheck, given, settings

from edenmesh.core.records import History, record_states
from edenmesh.core.records.states.families import residences_of
from tests.oracle.histories import Written
from tests.oracle.identity_model import Identity, Shown
from tests.oracle.identity_worlds import partial_families

EXAMPLES = 600
AT_LEAST = {
    "several strands": 150,
    "left": 60,
    "contradictions": 20,
    "outside": 40,
    "undone": 30,
    "two records": 60,
}


def shown_of(held: Written) -> Shown:
    """What the program shows, in the words of the model."""
    shown = Shown({}, {}, {})
    for record in residences_of(History(held.versions, held.uncounted)):
        strands = {frozenset[bytes](one for node in nodes for one in node.equals) for nodes in record.strands}
        if strands:
            shown.strands[record.uuid] = strands
        outside = {*record.versions} - set[bytes]().union(*strands)
        if outside:
            shown.outside[record.uuid] = {*outside}
        if record.contradictions:
            shown.contradictions[record.uuid] = {*record.contradictions}
    return shown


def test_strands_and_residence_are_those_of_the_model() -> None:
    work: Counter[str] = Counter()

    @settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
    @given(partial_families())
    def check(held: Written) -> None:
        identity = Identity(held.versions, held.uncounted)
        shown = identity.shown()
        assert shown_of(held) == shown
        record_states(held.versions, held.uncounted)
        work["several strands"] += len(identity.strands) > 1
        work["left"] += any(identity.names)
        work["contradictions"] += bool(shown.contradictions)
        work["outside"] += bool(shown.outside)
        work["undone"] += bool(set(identity.decisions) - identity.model.speaking)
        work["two records"] += len(shown.strands) > 1

    check()
    assert {name: count for name, count in AT_LEAST.items() if work[name] < count} == {}, work
