"""What the reference models show of one family of versions: the record at each uuid where a strand resides.

Which strands there are, and where, is said by the model of identity; what each shows by the model of a record.
"""

from collections.abc import Mapping, Set
from typing import NamedTuple

from edenmesh.core.ids import VersionId
from edenmesh.core.records import Declared, Version
from tests.oracle.identity_model import Identity
from tests.oracle.record_model import Model, Shown


class FormSaid(NamedTuple):
    """What a form declares of the table: units that share no field, and restrictive values, the most so first."""

    units: tuple[tuple[str, ...], ...] = ()
    restrictive: Mapping[str, tuple[str, ...]] = {}


class RecordShown(NamedTuple):
    """One record of a family, with the decisions on its strands that contradict each other."""

    uuid: str
    shown: Shown
    contradictions: Set[bytes]


class Family(Model):
    """All versions under the uuids that decisions link, and the forms that are here."""

    def __init__(
        self,
        versions: Mapping[VersionId, Version],
        uncounted: Set[VersionId],
        forms: Mapping[bytes, FormSaid],
    ) -> None:
        plain = Model(versions, uncounted)
        self._schemas = {plain.versions[one].schema for one in plain.speaking} - {b""}
        here = [forms[schema] for schema in sorted(self._schemas & forms.keys())]
        units = tuple(sorted({unit for form in here for unit in form.units}))
        assert len({name for unit in units for name in unit}) == sum(len(unit) for unit in units)
        ranks: dict[str, dict[str, int]] = {}
        for name, texts in (each for form in here for each in form.restrictive.items()):
            for rank, text in enumerate(texts):
                ranks.setdefault(name, {}).setdefault(text, rank)
                ranks[name][text] = min(rank, ranks[name][text])
        self._is_awaited = not self._schemas <= forms.keys()
        self._identity = Identity(versions, uncounted).shown()
        super().__init__(versions, uncounted, Declared(units, ranks, self._is_awaited))

    def records(self) -> list[RecordShown]:
        """The records, by uuid."""
        uuids = {*self._identity.strands, *self._identity.outside, *self._identity.contradictions}
        return [self._record(uuid) for uuid in sorted(uuids)]

    def roots(self, one: bytes) -> set[bytes]:
        """The first versions of the strands that a version is in."""
        everywhere = [strand for strands in self._identity.strands.values() for strand in strands]
        return {first for strand in everywhere if one in strand for first in strand & self.firsts}

    def _record(self, uuid: str) -> RecordShown:
        inside = self._identity.strands.get(uuid, set())
        held = {*self._identity.outside.get(uuid, ())}.union(*inside)
        contradictions = self._identity.contradictions.get(uuid, set())
        strands = [self._strand({*strand & self.firsts}) for strand in inside]
        waiting = held - self.placed
        is_deleted = len(strands) == 1 and bool(strands[0].retracts) and not strands[0].edits
        said = {
            "awaited": self._is_awaited,
            "conflict": any(len(one) > 1 for strand in strands for one in strand.fields.values()),
            "contested": any(strand.retracts and strand.edits for strand in strands),
            "deleted": is_deleted,
            "identity": len(strands) > 1 or bool(contradictions),
            "newer": not all(self.versions[one].is_understood for one in held),
            "quarantined": bool(held & self.uncounted),
            "question": bool(held & self.questions()),
            "waiting": bool(waiting),
        }
        words = {word for word, is_so in said.items() if is_so}
        strands.sort(key=lambda strand: strand.first)
        return RecordShown(uuid, Shown(words, waiting, strands), contradictions)
