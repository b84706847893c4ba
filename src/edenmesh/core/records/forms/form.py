"""A form: what one table and its components look like, as an Eden server or a form file says.

A form travels before the records written with it and is named by the hash of its bytes, which are kept as received:
what a newer program added stays in them. It describes; it never changes what a version means by itself. Settings
this program only carries stand as JSON text, so that nothing of a server's form is lost.
"""

from typing import Final, NamedTuple

import msgspec

from edenmesh.core.encoding import decode_struct, encode, require_text
from edenmesh.core.ids import ID_BYTES, FormHash, tagged_hash
from edenmesh.core.limits import (
    FORM_BYTES_MAX,
    FORM_FIELDS_MAX,
    FORM_TABLES_MAX,
    FORM_UNIT_FIELDS_MAX,
    NAME_CHARS_MAX,
)
from edenmesh.errors import InvalidInput, RemoteProtocolError

FORM_FORMAT: Final = 1
KINDS: Final = frozenset(
    (
        "boolean",
        "date",
        "datetime",
        "decimal",
        "double",
        "integer",
        "json",
        "list:integer",
        "list:reference",
        "list:string",
        "objectkey",
        "reference",
        "string",
        "text",
        "upload",
    )
)
"""The kinds of field this program gives a meaning to; a field of any other kind holds text."""


class Option(NamedTuple):
    """One allowed value of a field, as canonical text, and what people read for it."""

    value: str
    label: str


class Rule(NamedTuple):
    """How conflicts of one field are decided by a device in the place of people: `device` writes the resolution.

    A steward decided so, by making the form the current one of its table; nothing else ever merges.
    """

    field: str
    name: str
    device: bytes


class Field(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One field. `targets` are the tables a reference may point to, or the super-entities of an object key.

    `restrictive` are the values, as canonical texts, that restrict what may be done with the record (no consent, do
    not share), the most restrictive first; an empty text is the empty field. While people disagree, the first of them
    that anybody gave is shown.
    """

    default: str = ""
    is_hidden: bool = False
    is_locked: bool = False
    is_required: bool = False
    kind: str
    label: str = ""
    name: str
    options: list[Option] = []
    restrictive: list[str] = []
    settings: str = ""
    targets: list[str] = []
    widget: str = ""

    @property
    def is_list(self) -> bool:
        """Whether the field holds items, which are added and removed one by one."""
        return self.kind.startswith("list:")


class Table(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One table with the fields a form shows, in the form's order. `supers` maps super-entities to their keys.

    `units` are groups of fields that mean something together only (latitude and longitude, amount and currency): they
    conflict as one. `rules` say which conflicts a device decides.
    """

    fields: list[Field] = []
    label: str = ""
    name: str
    plural: str = ""
    rules: list[Rule] = []
    settings: str = ""
    supers: dict[str, str] = {}
    units: list[list[str]] = []

    def field(self, name: str) -> Field | None:
        """The field of that name, or None."""
        return next((one for one in self.fields if one.name == name), None)


class Component(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A table whose rows belong to a master.

    `joinby` is the field that points to the master: directly, or where `pkey` names one, to the super-entity the
    master holds under that key. `link` is the table in between where there is one, with its field `key`.
    """

    alias: str
    is_multiple: bool = True
    joinby: str = ""
    key: str = ""
    label: str = ""
    link: str = ""
    pkey: str = ""
    plural: str = ""
    table: Table

    @property
    def is_joined_directly(self) -> bool:
        """Whether a row names its master in an ordinary field of its own."""
        return bool(self.joinby) and not self.pkey and not self.link


class Form(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A form: the main table, its components, and what is known of the tables it refers to.

    `controller` and `function` are the two parts of the table's address on an Eden server. `is_lookup` says that
    its records fill the selectors of others and come first; `is_shown` that people enter records with it.
    """

    components: list[Component] = []
    controller: str = ""
    format: int
    function: str = ""
    is_lookup: bool = False
    is_shown: bool = True
    name: str = ""
    references: list[Table] = []
    table: Table
    title: str = ""
    variables: str = ""

    @classmethod
    def decode(cls, data: bytes) -> "Form":
        """Read a form as it came.

        Raises RemoteProtocolError unless the bytes are canonical, within limits and valid.
        """
        form = decode_struct(data, _DECODER, FORM_BYTES_MAX)
        try:
            form.require_valid()
        except InvalidInput as error:
            raise RemoteProtocolError(what=f"A form is not valid: {error.what}") from error
        return form

    def encode(self) -> bytes:
        """Canonical bytes of a form made here. Raises InvalidInput where others would refuse it."""
        self.require_valid()
        data = encode(self)
        if len(data) > FORM_BYTES_MAX:
            raise InvalidInput(
                what=f"The form of {self.table.name} has {len(data)} bytes; it may have {FORM_BYTES_MAX}."
            )
        return data

    def require_valid(self) -> None:
        """Raise InvalidInput unless names and counts are within limits and no name stands twice."""
        tables = [self.table, *(one.table for one in self.components), *self.references]
        _require(self.format == FORM_FORMAT, f"its format is {self.format}, and this program knows {FORM_FORMAT}")
        _require(len(tables) <= FORM_TABLES_MAX, "it describes too many tables")
        aliases = [one.alias for one in self.components]
        _require(len(set(aliases)) == len(aliases), "two components have one alias")
        for table in tables:
            _require_table(table)
        for component in self.components:
            _require_name(component.alias)


_DECODER: Final = msgspec.msgpack.Decoder(Form)


def form_hash(data: bytes) -> FormHash:
    """The name of the form that has these bytes."""
    return FormHash(tagged_hash("form", data))


def _require_table(table: Table) -> None:
    _require_name(table.name)
    names = [one.name for one in table.fields]
    _require(len(names) <= FORM_FIELDS_MAX, f"table {table.name} has too many fields")
    _require(len(set(names)) == len(names), f"table {table.name} has two fields of one name")
    for field in table.fields:
        _require_name(field.name)
        _require(not field.name.startswith(("$", "@")), f"a field of {table.name} begins with {field.name[0]!r}")
        for text in field.restrictive:
            require_text(text)
    for unit in table.units:
        _require(1 < len(set(unit)) == len(unit) <= FORM_UNIT_FIELDS_MAX, f"a unit of {table.name} has no right size")
    for named in (*(name for unit in table.units for name in unit), *(rule.field for rule in table.rules)):
        _require_name(named)
    for rule in table.rules:
        _require_name(rule.name)
        _require(len(rule.device) == ID_BYTES, f"a rule of {table.name} names no device")


def _require_name(name: str) -> None:
    _require(0 < len(name) <= NAME_CHARS_MAX, "a name in it is empty or too long")
    require_text(name)


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise InvalidInput(what=f"The form is refused: {otherwise}.")
