"""Generators of rows: every kind of value, masters and components, in a table whose form names the kinds."""

from hypothesis import strategies as st

from edenmesh.core.encoding import normal_text
from edenmesh.core.records import (
    MASTER,
    Content,
    Date,
    DateTime,
    Decimal,
    Field,
    Form,
    Raw,
    Reference,
    Table,
    Value,
    canonical_text,
    content_of,
    in_order,
)
from edenmesh.eden import PendingFile, Row

KINDS = {
    "text": "text",
    "name": "string",
    "whole": "integer",
    "double": "double",
    "exact": "decimal",
    "yes": "boolean",
    "day": "date",
    "moment": "datetime",
    "tags": "list:string",
    "numbers": "list:integer",
    "layout": "json",
    "picture": "upload",
    "target": "reference",
    "targets": "list:reference",
}
FIELDS = [Field(name=name, kind=kind) for name, kind in KINDS.items()]
FORMS = {table: Form(format=1, table=Table(name=table, fields=FIELDS)) for table in ("t_master", "t_part", "t_bit")}

_LETTERS = st.characters(codec="utf-8")
_TEXT = st.text(_LETTERS, min_size=1).map(normal_text).filter(lambda text: bool(text.strip())) | st.sampled_from(
    ("salt &amp; rice", "&lt;b&gt;", "&amp;quot;", "R&D", "None", "null", "[1,2]", '{"@value":1}', "1e5", "$x", "@y")
)
_INTEGERS = st.integers(-(2**63), 2**63 - 1)
_DOUBLES = st.floats(-1e15, 1e15).map(lambda number: Decimal.parse(repr(round(number, 9))))
_EXACT = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=12).map(
    lambda number: Decimal.parse(str(number))
)
_REFERENCES = st.builds(Reference, st.sampled_from(("t_master", "a_b")), st.uuids().map(str))
_JSON: st.SearchStrategy[Raw] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(_LETTERS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=6,
)


def _items(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Content]:
    return st.lists(values, min_size=1, max_size=4, unique_by=canonical_text).map(in_order)


def _layout(raw: Raw) -> Content:
    return content_of(raw, "json") or "{}"


CONTENTS: dict[str, st.SearchStrategy[Content]] = {
    "text": _TEXT,
    "name": _TEXT,
    "whole": _INTEGERS,
    "double": _DOUBLES,
    "exact": _EXACT,
    "yes": st.booleans(),
    "day": st.dates().map(lambda day: Date(day.isoformat())),
    "moment": st.datetimes().map(lambda moment: DateTime(moment.replace(microsecond=0).isoformat())),
    "tags": _items(_TEXT),
    "numbers": _items(_INTEGERS),
    "layout": _JSON.map(_layout).filter(lambda content: content != "{}"),
    "target": _REFERENCES,
    "targets": _items(_REFERENCES),
}
_STAMPS = st.just("") | st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat())


@st.composite
def _row(draw: st.DrawFn, table: str, uuid: str, master: Row | None) -> Row:
    fields: dict[str, Content] = draw(st.fixed_dictionaries({}, optional=CONTENTS))
    others = sorted(set(KINDS) - set(fields) - {"picture"})
    emptied = draw(st.lists(st.sampled_from(others), unique=True, max_size=2)) if others else []
    files = draw(st.just({}) | st.just({"picture": PendingFile(draw(_TEXT)[:60])}))
    is_deleted = draw(st.booleans()) and draw(st.booleans())
    if master:
        fields[MASTER] = Reference(*master.key)
    return Row(
        table=table,
        uuid=uuid,
        fields={MASTER: fields[MASTER]} if is_deleted and master else {} if is_deleted else fields,
        emptied=() if is_deleted else tuple(sorted(emptied)),
        files={} if is_deleted else files,
        is_deleted=is_deleted,
        created_on=draw(_STAMPS),
        modified_on=draw(_STAMPS),
        attributes=draw(st.just({}) | st.just({"created_by": "a@example.org", "mci": "2"})),
    )


@st.composite
def documents(draw: st.DrawFn) -> list[Row]:
    """Rows of masters, their components and the components of those, masters first."""
    rows: list[Row] = []
    for number in range(draw(st.integers(0, 3))):
        master = draw(_row("t_master", f"m{number}", None))
        rows.append(master)
        for count in range(draw(st.integers(0, 2))):
            part = draw(_row("t_part", f"m{number}p{count}", master))
            rows.append(part)
            if draw(st.booleans()):
                rows.append(draw(_row("t_bit", f"m{number}p{count}b", part)))
    return rows
