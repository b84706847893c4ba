"""A program whose forms declare a unit and a protective field, and careless ones beside it."""

from collections.abc import Mapping, Set
from typing import Final

from msgspec.structs import replace

from edenmesh.core.ids import FormHash, VersionId
from edenmesh.core.records import (
    FORM_FORMAT,
    Declarations,
    Declared,
    Field,
    FieldState,
    Form,
    RecordState,
    StrandState,
    Table,
    Version,
    record_state,
)
from tests.oracle.histories import FIELDS, TABLE

UNIT: Final = FIELDS
PROTECTED: Final = "needs"
RESTRICTIVE: Final = ("3", "")

_FIELD: Final = Field(name=PROTECTED, kind="string", restrictive=list(RESTRICTIVE))
_FORM: Final = Form(format=FORM_FORMAT, table=Table(name=TABLE, fields=[_FIELD], units=[list(UNIT)]))
DECLARATIONS: Final = Declarations({FormHash(b""): _FORM})
"""What the form declares that all versions were written with which name none."""
DECLARED: Final[Declared] = DECLARATIONS.of(TABLE, frozenset([FormHash(b"")]))


def declared_state(versions: Mapping[VersionId, Version], uncounted: Set[VersionId]) -> RecordState:
    """The program itself."""
    return record_state(versions, uncounted, DECLARATIONS)


def tears_rows_apart(versions: Mapping[VersionId, Version], uncounted: Set[VersionId]) -> RecordState:
    """It knows no units: fields conflict one by one."""
    return record_state(versions, uncounted)


def shows_the_deepest(versions: Mapping[VersionId, Version], uncounted: Set[VersionId]) -> RecordState:
    """It lets depth decide in protective fields too."""
    state = record_state(versions, uncounted, DECLARATIONS)
    plain = record_state(versions, uncounted)
    strands = [
        replace(
            one,
            fields={**one.fields, PROTECTED: other.fields[PROTECTED]} if PROTECTED in one.fields else one.fields,
        )
        for one, other in zip(state.strands, plain.strands, strict=True)
    ]
    return replace(state, strands=tuple(strands))


def forgets_a_row(versions: Mapping[VersionId, Version], uncounted: Set[VersionId]) -> RecordState:
    """Of the rows of a unit it forgets the last."""
    state = record_state(versions, uncounted, DECLARATIONS)
    return replace(state, strands=tuple([_with_a_row_less(strand) for strand in state.strands]))


def _with_a_row_less(strand: StrandState) -> StrandState:
    fields = {
        name: FieldState(field.choices[:-1], field.unit) if field.unit else field
        for name, field in strand.fields.items()
    }
    return replace(strand, fields=fields)
