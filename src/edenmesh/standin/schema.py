"""What a table of the stand-in is made of: fields, components, and who may read it.

The types here are data only; `tables.py` fills them in, `values.py` reads and shows a field's values.
Source: mobile schemas of a real Sahana Eden server, and its code where the schemas are silent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal[
    "string", "text", "integer", "double", "boolean", "date", "datetime", "upload", "reference", "objectkey"
]


class Key(NamedTuple):
    """Names one row: its table and its row id. Foreign keys and super-entity keys are both of this type."""

    table: str
    id: int


Value: TypeAlias = str | int | float | bool | datetime | date | Key


class Refused(ValueError):
    """A validator's word against a value; the text is what the server puts into `@error`."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column.

    `show` gives the text an export puts under `$`; a string or text field without it is exported plain.
    `empties_to_null` is what an empty string does: it clears the column, else it is stored as it is.
    `check` may refuse or rewrite a value that passed the tests every value of its kind must pass.
    """

    name: str
    kind: Kind
    label: str
    refers_to: str = ""
    restricts: bool = True
    options: tuple[tuple[str, str], ...] = ()
    default: str | int | bool | None = None
    defaults_to_now: bool = False
    required: bool = False
    readable: bool = True
    writable: bool = True
    is_offered: bool = True
    is_location: bool = False
    show: Callable[[Value], str] | None = None
    longest: int = 0
    empties_to_null: bool = False
    check: Callable[[str], Value] | None = None

    @property
    def is_text(self) -> bool:
        """Whether values are text."""
        return self.kind in ("string", "text")

    @property
    def is_key(self) -> bool:
        """Whether values name rows."""
        return self.kind in ("reference", "objectkey")

    @property
    def is_mandatory(self) -> bool:
        """Whether a new row without a value is refused. A component's key to its master is not looked at."""
        return self.required and self.default is None and self.kind != "objectkey"


@dataclass(frozen=True, slots=True)
class Component:
    """Rows of another table that hang on a row: exported inside it, and imported when nested in it."""

    alias: str
    table: str
    joinby: str
    is_imported: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """One table, where it is served, and how it is called on screens."""

    name: str
    label: str
    plural: str
    fields: tuple[Field, ...]
    deleted: str = "Record deleted"
    super_entities: tuple[tuple[str, str], ...] = ()
    components: tuple[Component, ...] = ()
    natural_key: tuple[str, ...] = ()
    is_served: bool = True
    is_site: bool = False
    has_stamps: bool = True
    settings: tuple[tuple[str, bool], ...] = ()

    @property
    def controller(self) -> str:
        """First part of the URL."""
        return self.name.split("_", 1)[0]

    @property
    def function(self) -> str:
        """Second part of the URL, and the alias that filters use."""
        return self.name.split("_", 1)[1]

    def field(self, name: str) -> Field | None:
        """The field of that name, if there is one."""
        return next((field for field in self.fields if field.name == name), None)

    def component(self, table: str) -> Component | None:
        """The component that holds rows of `table`, if there is one."""
        return next((component for component in self.components if component.table == table), None)
