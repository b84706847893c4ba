"""Rows go out as an Eden server, EdenMobile and this program understand them."""

import json
from dataclasses import replace
from xml.sax.saxutils import unescape

import pytest
from hypothesis import given, settings

from edenmesh.core.records import ALIAS, MASTER, Decimal, Field, File, Form, Reference, Table
from edenmesh.eden import PendingFile, Row, decode_document, deliverable, encode_document, encode_push, file_name
from edenmesh.errors import InvalidInput
from tests.eden.rows import FORMS, documents

PICTURE = File(hash=bytes(range(32)), label="p.png", media="image/png", size=9)


def tree_of(data: bytes) -> dict[str, list[dict[str, object]]]:
    tree = json.loads(data)
    assert isinstance(tree, dict)
    return tree


def pushed(row: Row, forms: dict[str, Form] | None = None) -> dict[str, object]:
    ((only,),) = tree_of(encode_push([row], forms)).values()
    return only


@given(documents())
@settings(max_examples=60)
def test_rows_come_back_from_a_file_as_they_were(rows: list[Row]) -> None:
    document = decode_document(encode_document(rows), FORMS)
    assert document.problems == ()
    assert {row.key: row for row in document.rows} == {row.key: row for row in rows}
    assert [row.key for row in document.rows if not row.master] == [row.key for row in rows if not row.master]


@given(documents())
@settings(max_examples=60)
def test_a_server_that_reads_as_eden_does_gets_what_can_be_delivered(rows: list[Row]) -> None:
    """Plain texts are unescaped once by Eden; everything else arrives as it is read here."""
    sent = [deliverable(row, FORMS)[0] for row in rows]
    tree = json.loads(encode_push(sent, FORMS), object_hook=unescape_plain_texts)
    got = {row.key: row for row in decode_document(json.dumps(tree).encode(), FORMS).rows}
    assert set(got) == {row.key for row in rows}
    for row in sent:
        wanted = replace(row, created_on="", modified_on="", attributes={})
        assert got[row.key] == wanted
    assert b"@created_on" not in encode_push(sent, FORMS)
    assert b"@created_by" not in encode_push(sent, FORMS)


def unescape_plain_texts(told: dict[str, object]) -> dict[str, object]:
    entities = {"&apos;": "'", "&quot;": '"'}
    return {
        key: unescape(value, entities) if isinstance(value, str) and not key.startswith(("@", "$")) else value
        for key, value in told.items()
    }


def test_a_push_is_written_as_edenmobile_writes_it() -> None:
    row = Row(
        table="t_x",
        uuid="u",
        fields={
            "name": "River & sea",
            "whole": 1987,
            "double": Decimal("14.5"),
            "yes": False,
            "tags": ("a", "b"),
            "numbers": (1, 2),
            "target": Reference("a_b", "t"),
            "picture": PICTURE,
        },
        created_on="2026-03-01T08:00:00",
        modified_on="2026-03-01T08:00:00",
        attributes={"created_by": "a@example.org"},
    )
    assert pushed(row) == {
        "@uuid": "u",
        "name": "River & sea",
        "whole": {"@value": "1987"},
        "double": {"@value": "14.5"},
        "yes": {"@value": "false"},
        "tags": {"@value": ["a", "b"]},
        "numbers": {"@value": [1, 2]},
        "$k_target": {"@resource": "a_b", "@uuid": "t"},
        "picture": {"@filename": "p.png"},
    }


def test_texts_that_look_escaped_are_escaped_once_more_in_a_push_only() -> None:
    row = Row(table="t_x", uuid="u", fields={"name": "salt &amp; rice", "plain": "salt & rice; R&D"})
    assert pushed(row) == {"@uuid": "u", "name": "salt &amp;amp; rice", "plain": "salt & rice; R&D"}
    assert b"salt &amp; rice" in encode_document([row])


def test_fields_are_emptied_in_the_way_their_kind_needs() -> None:
    fields = [("t", "text"), ("n", "integer"), ("r", "reference"), ("l", "list:string"), ("b", "boolean")]
    form = Form(format=1, table=Table(name="t_x", fields=[Field(name=name, kind=kind) for name, kind in fields]))
    row = Row(table="t_x", uuid="u", emptied=("b", "l", "n", "r", "t", "unknown"))
    cleared = {"@value": '""'}
    assert pushed(row, {"t_x": form}) == {
        "@uuid": "u",
        "t": "",
        "n": cleared,
        "r": cleared,
        "l": cleared,
        "b": cleared,
        "unknown": cleared,
    }


def test_what_eden_cannot_take_is_left_out_and_named() -> None:
    kinds = [("day", "date"), ("moment", "datetime"), ("picture", "upload")]
    form = Form(format=1, table=Table(name="t_x", fields=[Field(name=name, kind=kind) for name, kind in kinds]))
    row = Row(
        table="t_x",
        uuid="u",
        fields={"bell": "ding\x07", "good": "line\none\ttab"},
        emptied=("day", "moment"),
        files={"picture": PendingFile("p.png")},
    )
    kept, problems = deliverable(row, {"t_x": form})
    assert (dict(kept.fields), kept.emptied, dict(kept.files)) == ({"good": "line\none\ttab"}, (), {})
    assert [problem.place for problem in problems] == ["bell", "day", "moment", "picture"]
    assert deliverable(kept, {"t_x": form}) == (kept, ())
    with pytest.raises(InvalidInput, match="bell"):
        encode_push([row], {"t_x": form})


def test_a_uuid_eden_cannot_take_keeps_the_whole_row_here() -> None:
    row = Row(table="t_x", uuid="u\x00", is_deleted=True)
    (problem,) = deliverable(row)[1]
    assert problem.place == "uuid"
    with pytest.raises(InvalidInput):
        encode_push([row])


def test_a_component_without_its_master_goes_in_a_bare_one() -> None:
    master = Reference("t_m", "m")
    first, second = (Row(table="t_x", uuid=one, fields={MASTER: master, "f": one}) for one in "ab")
    tree = tree_of(encode_push([first, second]))
    assert tree == {"$_t_m": [{"@uuid": "m", "$_t_x": [{"@uuid": "a", "f": "a"}, {"@uuid": "b", "f": "b"}]}]}


def test_components_find_their_master_wherever_it_stands() -> None:
    bit = Row(table="t_z", uuid="z", fields={MASTER: Reference("t_y", "y")})
    part = Row(table="t_y", uuid="y", fields={MASTER: Reference("t_x", "x"), ALIAS: "home"})
    master = Row(table="t_x", uuid="x")
    wanted = {"$_t_x": [{"@uuid": "x", "$_t_y": [{"@uuid": "y", "@alias": "home", "$_t_z": [{"@uuid": "z"}]}]}]}
    assert tree_of(encode_document([bit, part, master])) == wanted


def test_rows_that_are_each_others_master_are_written_all_the_same() -> None:
    one = Row(table="t_x", uuid="1", fields={MASTER: Reference("t_x", "2")})
    two = Row(table="t_x", uuid="2", fields={MASTER: Reference("t_x", "1")})
    keys = [row.key for row in decode_document(encode_document([one, two])).rows]
    assert set(keys) == {one.key, two.key}


def test_a_deleted_row_goes_out_with_its_uuid_only() -> None:
    row = Row(table="t_x", uuid="u", fields={"f": "bell\x07"}, is_deleted=True, replaced_by="v")
    assert pushed(row) == {"@uuid": "u", "@deleted": "true", "@replaced_by": "v"}


def test_a_row_the_document_did_not_name_stays_nameless_in_a_file() -> None:
    row = decode_document(b'{"$_t_x":[{"f":"1"}]}').rows[0]
    assert tree_of(encode_document([row])) == {"$_t_x": [{"f": "1"}]}


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("p.png", "p.png"),
        ("", "0001020304050607.bin"),
        ("../../a b", "_.._a b"),
        ('x"\r\ny', "x___y"),
        ("..", "0001020304050607.bin"),
    ],
)
def test_a_file_goes_out_under_a_name_no_path_or_header_stumbles_on(label: str, name: str) -> None:
    assert file_name(File(hash=PICTURE.hash, label=label)) == name


def test_pending_files_are_filled_in_by_field() -> None:
    row = Row(table="t_x", uuid="u", files={"a": PendingFile("a"), "b": PendingFile("b")})
    filled = row.with_files({"a": PICTURE, "c": PICTURE})
    assert (dict(filled.fields), dict(filled.files)) == ({"a": PICTURE}, {"b": PendingFile("b")})
