"""What a device shows of one record: values, conflicts and what is open, as frozen types that screens only draw."""

from collections.abc import Mapping
from enum import IntFlag
from typing import Final

import msgspec

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import VersionId
from edenmesh.core.records.versions import Content


class Flag(IntFlag):
    """What is open about a record, for lists and counts."""

    CONFLICT = 1
    """A field has concurrent values no one has chosen between."""
    IDENTITY = 2
    """Two strands under one uuid."""
    CONTESTED = 4
    """Deleted by one, edited by another who had not seen it."""
    DELETED = 8
    """Retracted; nothing shown."""
    WAITING = 16
    """A version waits for one it names."""
    QUARANTINED = 32
    """A version is without effect until its author is trusted again."""
    NEWER = 64
    """A version is of a format or op newer than this program."""
    AWAITED = 128
    """A form that a version was written with has not come: what it declares is not known."""
    QUESTION = 256
    """A server has gone back, and nobody has said yet what that means."""


OPEN: Final = Flag.CONFLICT | Flag.IDENTITY | Flag.CONTESTED | Flag.QUESTION
"""What a person has to decide."""
_UNCLEAN: Final = (OPEN | Flag.WAITING | Flag.NEWER | Flag.AWAITED).value


class Choice(msgspec.Struct, frozen=True, gc=False):
    """One value a field may have, `None` where it was emptied, with the versions that gave it, deepest first.

    Of items, `added_by` has for each those that added it, in order.
    """

    content: Content | None
    given_by: tuple[VersionId, ...]
    added_by: tuple[tuple[VersionId, ...], ...] = ()


class FieldState(msgspec.Struct, frozen=True, gc=False):
    """One field: its live values, the one shown first. More than one is a field conflict, shown as undecided.

    `unit` are the fields that conflict as one with this one, itself among them; the choices of all of them stand in
    one order, so that the values in one place belong together, and may repeat.
    """

    choices: tuple[Choice, ...]
    unit: tuple[str, ...] = ()

    @property
    def shown(self) -> Content | None:
        """The value shown; provisional where the field is in conflict."""
        return self.choices[0].content

    @property
    def is_conflict(self) -> bool:
        """Whether no one has chosen between concurrent values yet."""
        return len(self.choices) > 1


class StrandState(msgspec.Struct, frozen=True, kw_only=True):
    """One strand of a record. `first` is the id that names it; `heads` are what an edit made now would follow.

    `firsts` are all first versions in it: a reference that names one of them means this strand.

    `conflicts` are the names of the fields in conflict; `retracts` are those no one lifted, and `concurrent_edits`
    the changes that none of them had seen. `is_shared`: there are further strands in the family, so that a version
    of this one has to name it.
    """

    first: VersionId
    firsts: tuple[VersionId, ...]
    heads: tuple[VersionId, ...]
    fields: Mapping[str, FieldState]
    conflicts: tuple[str, ...] = ()
    retracts: tuple[VersionId, ...] = ()
    concurrent_edits: tuple[VersionId, ...] = ()
    is_shared: bool = False

    @property
    def about(self) -> dict[str, Plain]:
        """What a version that changes this strand says of itself: which strand it means, where there are several."""
        return {"strand": self.first} if self.is_shared else {}

    @property
    def is_deleted(self) -> bool:
        """Whether the record was retracted and nobody edited it without having seen that."""
        return bool(self.retracts) and not self.concurrent_edits

    @property
    def is_contested(self) -> bool:
        """Whether it was retracted by one and edited by another who had not seen it: it stays visible."""
        return bool(self.retracts) and bool(self.concurrent_edits)

    @property
    def values(self) -> dict[str, Content]:
        """The values shown, empty fields left out."""
        shown = ((name, field.shown) for name, field in self.fields.items())
        return {name: content for name, content in shown if content is not None}


class RecordState(msgspec.Struct, frozen=True):
    """One record: its strands, normally one, and what is open about it.

    `contradictions` are decisions on its strands that contradict each other: none of them applies.
    """

    table: str
    uuid: str
    strands: tuple[StrandState, ...]
    waiting: frozenset[VersionId]
    flags: Flag
    contradictions: tuple[VersionId, ...] = ()

    @property
    def strand(self) -> StrandState | None:
        """The only strand; None where there is none yet or where there are several."""
        return self.strands[0] if len(self.strands) == 1 else None

    @property
    def is_clean(self) -> bool:
        """Whether nothing about the record is undecided or still to come."""
        return self.strand is not None and not self.flags.value & _UNCLEAN
