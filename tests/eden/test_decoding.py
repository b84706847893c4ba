"""One broken row or field never costs the others, and what cannot be read is said in words."""

import json
from collections.abc import Mapping

import pytest

from edenmesh.core.limits import DOCUMENT_NESTING_MAX, DOCUMENT_PROBLEMS_MAX, JSON_NESTING_MAX, VERSION_FIELDS_MAX
from edenmesh.core.records import (
    ALIAS,
    MASTER,
    Content,
    Date,
    DateTime,
    Decimal,
    Field,
    Form,
    Reference,
    Table,
)
from edenmesh.eden import Document, PendingFile, Row, decode_document
from edenmesh.errors import InvalidInput

KINDS = {
    "text": "text",
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
}
FORM = Form(format=1, table=Table(name="t_x", fields=[Field(name=name, kind=kind) for name, kind in KINDS.items()]))
FORMS = {"t_x": FORM}


def decoded(
    *rows: object, forms: Mapping[str, Form] | None = None, about: Mapping[str, object] | None = None
) -> Document:
    return decode_document(json.dumps({"$_t_x": list(rows), **(about or {})}).encode(), forms)


def only(document: Document) -> Row:
    assert document.problems == ()
    (row,) = document.rows
    return row


@pytest.mark.parametrize(
    ("name", "raw", "content"),
    [
        ("whole", {"@value": "1999"}, 1999),
        ("whole", {"@value": 1999, "$": "1999"}, 1999),
        ("whole", 12.0, 12),
        ("double", {"@value": "121.0"}, Decimal("121")),
        ("double", 14.600, Decimal("14.6")),
        ("double", {"@value": "14.123456789012345678"}, Decimal("14.123456789012346")),
        ("exact", "14.123456789012345678", Decimal("14.123456789012345678")),
        ("yes", {"@value": "true"}, True),
        ("yes", {"@value": False, "$": "-"}, False),
        ("day", "1980-05-04", Date("1980-05-04")),
        ("day", "1980-05-04T00:00:00", Date("1980-05-04")),
        ("moment", {"@value": "2026-11-22T23:15:22", "$": "2026-11-22 23:15"}, DateTime("2026-11-22T23:15:22")),
        ("moment", "2026-11-22T23:15:22.999Z", DateTime("2026-11-22T23:15:22")),
        ("moment", "2026-11-22T23:15:22+02:00", DateTime("2026-11-22T21:15:22")),
        ("tags", {"@value": ["b", "a", "b"]}, ("a", "b")),
        ("tags", '["b","a"]', ("a", "b")),
        ("tags", "|a|b||c|", ("a", "b|c")),
        ("tags", "single", ("single",)),
        ("numbers", {"@value": ["2", 1]}, (1, 2)),
        ("layout", {"@value": {"b": 1, "a": [1.50]}}, '{"a":[1.5],"b":1}'),
        ("layout", {"b": 1, "a": 2}, '{"a":2,"b":1}'),
        ("layout", '{"b": 1,\n "a": 2}', '{"a":2,"b":1}'),
        ("layout", "no json at all", "no json at all"),
        ("text", {"$": "shown only"}, "shown only"),
        ("text", "  kept  ", "  kept  "),
        ("text", '""', '""'),
        ("text", "e\u0301", "\u00e9"),
        ("text", 12, "12"),
        ("text", True, "true"),
    ],
)
def test_the_form_decides_the_type(name: str, raw: object, content: Content) -> None:
    row = only(decoded({"@uuid": "u", name: raw}, forms=FORMS))
    assert dict(row.fields) == {name: content}
    assert type(row.fields[name]) is type(content)


@pytest.mark.parametrize(
    ("raw", "content"),
    [
        ("1999", "1999"),
        (1999, 1999),
        (2**70, Decimal(str(2**70))),
        (121.0, Decimal("121")),
        (False, False),
        ("2026-11-22", "2026-11-22"),
        ({"@value": ["x", 1]}, (1, "x")),
        ({"@value": {"a": 1}}, '{"a":1}'),
    ],
)
def test_without_a_form_the_json_type_decides(raw: object, content: Content) -> None:
    assert dict(only(decoded({"@uuid": "u", "f": raw})).fields) == {"f": content}


@pytest.mark.parametrize("raw", ["", None, {}, [], {"@value": ""}, {"@value": None}, {"@value": '""'}, " \n\t\u00a0"])
@pytest.mark.parametrize("forms", [None, FORMS])
def test_whatever_is_empty_empties(raw: object, forms: Mapping[str, Form] | None) -> None:
    for name in KINDS:
        row = only(decoded({"@uuid": "u", name: raw}, forms=forms))
        assert (dict(row.fields), row.emptied) == ({}, (name,))


def test_an_empty_reference_empties() -> None:
    for raw in ("", None, {"@resource": "a_b"}, {"@resource": "a_b", "@uuid": ""}):
        assert only(decoded({"@uuid": "u", "$k_target": raw})).emptied == ("target",)


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("whole", "xx", "'xx' is not a whole number."),
        ("whole", 1.5, "'1.5' is not a whole number."),
        ("double", "north", "'north' is not a number."),
        ("yes", "perhaps", "'perhaps' is neither true nor false."),
        ("day", "yesterday", "'yesterday' is not a date; write it as 2026-11-22."),
        ("moment", "noon", "'noon' is not a date and time."),
        ("picture", "p.png", "'p.png' names no record and no file."),
        ("tags", [["a"]], "['a'] is a list within a list."),
    ],
)
def test_a_value_of_the_wrong_kind_is_kept_as_text_and_named(name: str, raw: object, words: str) -> None:
    document = decoded({"@uuid": "u", name: raw, "text": "stays"}, forms=FORMS)
    (row,) = document.rows
    assert row.fields["text"] == "stays"
    assert isinstance(row.fields[name], str)
    assert [str(one) for one in document.problems] == [f"$_t_x[0].{name}: {words} It was kept as text."]


def test_a_broken_row_never_costs_the_others() -> None:
    good = {"@uuid": "good", "f": "1"}
    document = decoded(good, "no object", {"@uuid": 7}, {"@uuid": "x" * 300}, None, {**good, "@uuid": "good too"})
    assert [row.uuid for row in document.rows] == ["good", "good too"]
    assert [problem.place for problem in document.problems] == [f"$_t_x[{index}]" for index in (1, 2, 3, 4)]
    assert document.problem_count == 4


def test_a_broken_field_never_costs_the_others() -> None:
    raw = {
        "@uuid": "u",
        "good": "1",
        "": "nameless",
        "n" * 200: "long",
        "$strange": 1,
        "odd": {"what": 1},
        "$k_a": 7,
        "$k_b": {"@uuid": "t"},
        "$k_c": {"@resource": "a_b", "@tuid": "t"},
        "$k_d": {"@resource": "a_b", "@uuid": [1]},
        "$k_good": {"@resource": "a_b", "@uuid": "t"},
        "$o_options": [],
    }
    document = decoded(raw)
    (row,) = document.rows
    assert row.fields == {"good": "1"}
    assert document.problem_count == 9
    assert "the field stands twice; the first was taken." in [problem.what for problem in document.problems]


def test_a_row_with_too_many_fields_is_left_out() -> None:
    document = decoded({"@uuid": "u", **{f"f{n}": "x" for n in range(VERSION_FIELDS_MAX + 1)}}, {"@uuid": "v"})
    assert [row.uuid for row in document.rows] == ["v"]


def test_problems_are_counted_beyond_those_listed() -> None:
    document = decoded(*[None] * (DOCUMENT_PROBLEMS_MAX + 5), {"@uuid": "u"})
    assert (len(document.problems), document.problem_count) == (DOCUMENT_PROBLEMS_MAX, DOCUMENT_PROBLEMS_MAX + 5)
    assert len(document.rows) == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"$_t_x":[{"@uuid":', "not JSON: Expecting value at line 1, column 20"),
        (b'{"$_t_x": [\n  {"@uuid" 1}]}', "at line 2, column 12"),
        (b"", "not JSON: Expecting value at line 1, column 1"),
        (b"[]", "not an S3JSON object"),
        (b'"text"', "not an S3JSON object"),
        (b"\xff\xfe{}", "not UTF-8 text: byte 0"),
        (b'{"a":' * (JSON_NESTING_MAX + 1) + b"1" + b"}" * (JSON_NESTING_MAX + 1), "nested deeper than 64 levels"),
        (b"[" * 100_000, "deeper"),
        (b'{"$_t_x":[{"@uuid":"u","n":' + b"9" * 5000 + b"}]}", "can read"),
        (b'{"$_t_x":[{"@uuid":"u","half":"a\\ud83d"}]}', "half of a character follows 'a'"),
        (b'{"$_t_x":[{"@uuid":"u","\\udc00":"a"}]}', "half of a character"),
    ],
)
def test_broken_json_says_where(data: bytes, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_document(data)
    assert words in caught.value.what


def test_whole_characters_beyond_the_first_plane_are_kept() -> None:
    row = only(decode_document(b'\xef\xbb\xbf{"$_t_x":[{"@uuid":"u","f":"\\ud83d\\ude91"}]}'))
    assert row.fields == {"f": "\U0001f691"}


def test_a_key_that_stands_twice_loses_no_row() -> None:
    data = b'{"$_t_x":[{"@uuid":"u"}],"$_t_x":[{"@uuid":"v","f":"1","f":"2"}]}'
    document = decode_document(data)
    assert [row.uuid for row in document.rows] == ["u", "v"]
    assert document.rows[1].fields == {"f": "2"}
    assert [str(one) for one in document.problems] == ["$_t_x[1]: 'f' stands twice; the last one was taken."]


def test_numbers_json_does_not_have_become_text() -> None:
    """Eden writes them in the tree of refused rows, where a text such as 98E600 reads like a number."""
    assert only(decode_document(b'{"$_t_x":[{"@uuid":"u","f":{"@value":Infinity},"g":1e999}]}')).fields == {
        "f": "Infinity",
        "g": "1e999",
    }


def test_components_are_rows_that_name_their_master() -> None:
    component = {"@uuid": "c", "@alias": "home", "f": "1", "$_t_z": [{"@uuid": "d"}]}
    document = decoded({"@uuid": "m", "$_t_y": [component]})
    assert [row.key for row in document.rows] == [("t_x", "m"), ("t_y", "c"), ("t_z", "d")]
    assert document.rows[1].fields == {MASTER: Reference("t_x", "m"), ALIAS: "home", "f": "1"}
    assert document.rows[2].master == ("t_y", "c")
    assert document.rows[0].is_bare


def test_components_nested_too_deep_are_left_out_with_words() -> None:
    raw: dict[str, object] = {"@uuid": "0"}
    for depth in range(1, DOCUMENT_NESTING_MAX + 3):
        raw = {"@uuid": str(depth), "$_t_y": [raw]}
    document = decoded(raw)
    assert len(document.rows) == DOCUMENT_NESTING_MAX + 1
    assert "nested deeper" in document.problems[0].what


def test_rows_without_uuid_are_named_alike_wherever_the_document_is_read() -> None:
    rows = [{"f": "1", "$_t_y": [{"g": "2"}]}, {"f": "1"}, {"@uuid": "", "f": "1"}]
    first, again = decoded(*rows), decoded(*rows)
    other = decoded(*rows, {"f": "2"})
    assert [row.uuid for row in first.rows] == [row.uuid for row in again.rows]
    assert len({row.uuid for row in (*first.rows, *other.rows)}) == 9
    assert not any(row.is_named for row in first.rows)
    assert first.rows[1].master == first.rows[0].key
    assert all(row.uuid.startswith("urn:uuid:") and row.uuid[23] == "8" for row in first.rows)


def test_a_uuid_without_urn_loses_the_prefix_its_server_put_before_it() -> None:
    row = {"@uuid": "camp/plain", "$k_a": {"@resource": "a_b", "@uuid": "plain"}}
    assert only(decoded(row, about={"@domain": "camp"})).uuid == "plain"
    assert only(decoded(row, about={"@domain": "town"})).uuid == "camp/plain"
    assert only(decoded(row)).uuid == "camp/plain"
    assert only(decoded({"@uuid": "urn:uuid:1"}, about={"@domain": "urn:uuid:1"})).uuid == "urn:uuid:1"


def test_a_deleted_row_says_no_more_than_whose_it_was() -> None:
    deleted = {"@uuid": "c", "@deleted": "True", "@replaced_by": "d", "f": "1", "g": ""}
    document = decoded({"@uuid": "m", "$_t_y": [deleted]}, deleted)
    nested, alone = document.rows[1], document.rows[2]
    assert (nested.is_deleted, nested.replaced_by, dict(nested.fields)) == (True, "d", {MASTER: Reference("t_x", "m")})
    assert (alone.is_deleted, dict(alone.fields), alone.emptied) == (True, {}, ())


def test_attributes_are_kept_but_those_of_the_servers_pages() -> None:
    raw = {"@uuid": "u", "@created_by": "a@example.org", "@mci": "3", "@url": "http://x", "@id": "7", "@error": "no"}
    row = only(decoded(raw, about={"@results": "1", "@url": "http://x"}))
    assert row.attributes == {"created_by": "a@example.org", "mci": "3"}
    assert row.error == "no"
    assert decoded(about={"@results": "1", "@url": "http://x"}).attributes == {"results": "1"}


def test_a_file_is_pending_until_its_content_is_known() -> None:
    row = only(decoded({"@uuid": "u", "picture": {"@filename": "p.png", "@url": "http://x/p"}, "f": {"@url": "y"}}))
    assert row.files == {"picture": PendingFile("p.png", "http://x/p"), "f": PendingFile("", "y")}


def test_errors_stand_with_the_field_they_are_about() -> None:
    raw = {
        "@uuid": "u",
        "f": {"@value": "x", "@error": "no"},
        "$k_t": {"@resource": "a_b", "@uuid": "t", "@error": "n"},
    }
    row = only(decoded(raw))
    assert row.errors == {"f": "no", "t": "n"}
    assert row.fields == {"f": "x", "t": Reference("a_b", "t")}


def test_a_reference_may_name_several_records() -> None:
    several = {"@resource": "a_b", "@uuid": '["t2","t1"]'}
    wanted = (Reference("a_b", "t1"), Reference("a_b", "t2"))
    assert only(decoded({"@uuid": "u", "$k_f": several})).fields == {"f": wanted}
    listed = [{"@resource": "a_b", "@uuid": one} for one in ("t2", "t1", "t2")]
    assert only(decoded({"@uuid": "u", "$k_f": listed})).fields == {"f": wanted}
