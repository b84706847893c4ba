"""A family in the making: several strands under one uuid, decisions about them, and the records they become."""

from collections.abc import Mapping

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import VersionId
from edenmesh.core.records import (
    OBSERVE,
    PUT,
    RESOLVE,
    Change,
    RecordState,
    StrandDecision,
    StrandState,
    Value,
    decide_different,
    decide_same,
    record_states,
)
from tests.core.records.pages import OUTSIDE, SERVER, Page


class FamilyPage(Page):
    """All versions of one family. A first version is an import under the uuid from outside, unless it is said else."""

    def __init__(self) -> None:
        super().__init__(OUTSIDE)

    @property
    def states(self) -> dict[str, RecordState]:
        """The records of the family by uuid."""
        return {state.uuid: state for state in record_states(self.versions, self.uncounted)}

    def strand_at(self, uuid: str) -> StrandState:
        """The only strand of a record."""
        strand = self.states[uuid].strand
        assert strand is not None
        return strand

    def strand_of(self, first: VersionId) -> StrandState:
        """The strand a first version is in, wherever it resides."""
        (strand,) = [one for state in self.states.values() for one in state.strands if first in one.firsts]
        return strand

    def uuid_of(self, first: VersionId) -> str:
        """Where the strand of a first version resides."""
        (uuid,) = [
            uuid for uuid, state in self.states.items() if any(first in strand.firsts for strand in state.strands)
        ]
        return uuid

    def at(
        self,
        uuid: str,
        *seen: VersionId,
        op: str = PUT,
        about: Mapping[str, Plain] | None = None,
        **values: Value,
    ) -> VersionId:
        """A version under some uuid."""
        return self.write_at(uuid, seen, values, op, about or {})

    def write_at(
        self, uuid: str, seen: tuple[VersionId, ...], values: Mapping[str, Value], op: str, about: Mapping[str, Plain]
    ) -> VersionId:
        """The same with all that is said given in a row."""
        before, self.uuid = self.uuid, uuid
        one = self.write(op, seen, Change(set=dict(values)), about=about)
        self.uuid = before
        return one

    def seen_at(self, uuid: str, *seen: VersionId, body: int = 0, **values: Value) -> VersionId:
        """An observation under some uuid."""
        about: dict[str, Plain] = {"body": bytes([body]) * 32, "destination": SERVER}
        return self.write_at(uuid, seen, values, OBSERVE, about)

    def edit(self, first: VersionId, **values: Value) -> VersionId:
        """An edit as the program writes it: on the heads of the strand, under its uuid, naming it where it has to."""
        strand = self.strand_of(first)
        return self.write_at(self.uuid_of(first), strand.heads, values, PUT, strand.about)

    def same(self, *firsts: VersionId) -> VersionId:
        return self.decide(decide_same(self.versions, firsts, self.uncounted))

    def different(self, keeps: VersionId, *leaves: VersionId) -> VersionId:
        return self.decide(decide_different(self.versions, keeps, leaves, self.uncounted))

    def decide(self, decision: StrandDecision) -> VersionId:
        return self.at(decision.uuid, *decision.parents, op=RESOLVE, about=decision.about)

    def say_same(self, *firsts: VersionId, seen: tuple[VersionId, ...] = ()) -> VersionId:
        """A decision written by hand, by somebody who had seen no more than this."""
        return self.at(OUTSIDE, *(seen or firsts), op=RESOLVE, about={"same": list[Plain](sorted(firsts))})

    def say_different(self, keeps: VersionId, *leaves: VersionId, seen: tuple[VersionId, ...] = ()) -> VersionId:
        """The same of strands that are different."""
        about: dict[str, Plain] = {"keeps": keeps, "leaves": list[Plain](sorted(leaves))}
        return self.at(OUTSIDE, *(seen or (keeps, *leaves)), op=RESOLVE, about=about)

    def take_back(self, one: VersionId, *seen: VersionId) -> VersionId:
        """An undo, under the uuid of what it undoes."""
        return self.write_at(self.versions[one].uuid, seen or (one,), {}, RESOLVE, {"undoes": [one]})
