"""Form files written by hand: what is right is read, what is wrong is said where it stands."""

import json
import re
from pathlib import Path

import pytest

from edenmesh.core.records import Form, Option
from edenmesh.eden import read_form_file
from edenmesh.errors import InvalidInput
from tests.eden.exchanges import FIXTURES, bodies

DOCS = Path(__file__).parents[2] / "docs" / "forms.md"
LIST = '[[field]]\nname = "g"\ntype = "list:string"\n'
SMALL = 'format = 1\ntable = "t_x"\n[[field]]\nname = "f"\ntype = "string"\n'


def test_the_example_of_the_docs_is_a_form() -> None:
    example, _ = re.findall(r"```toml\n(.*?)```", DOCS.read_text(), re.DOTALL)
    form = read_form_file(example.encode())
    assert (form.table.name, form.controller, form.function, form.title) == ("cr_shelter", "cr", "shelter", "Shelters")
    assert [field.kind for field in form.table.fields] == [
        "string",
        "integer",
        "integer",
        "reference",
        "reference",
        "list:string",
        "date",
        "text",
    ]
    status = form.table.field("status")
    assert status is not None
    assert status.options == [Option("1", "Open"), Option("2", "Closed")]
    (photo,) = form.components
    assert (photo.alias, photo.joinby, photo.pkey, photo.table.name) == ("image", "doc_id", "doc_id", "doc_image")
    assert Form.decode(form.encode()) == form


def test_units_protective_fields_and_rules_are_read() -> None:
    _, example = re.findall(r"```toml\n(.*?)```", DOCS.read_text(), re.DOTALL)
    table = read_form_file(example.encode()).table
    consent = table.field("consent")
    assert table.units == [["lat", "lon"]]
    assert consent is not None
    assert consent.restrictive == ["no", ""]
    (rule,) = table.rules
    assert (rule.field, rule.name, len(rule.device)) == ("capacity", "highest", 32)


def test_little_is_needed() -> None:
    form = read_form_file(SMALL.encode())
    field = form.table.fields[0]
    assert (form.name, form.title, form.is_lookup, form.is_shown) == ("t_x", "t_x", False, True)
    assert (field.label, field.is_required, field.options) == ("f", False, [])


def test_a_form_saved_from_a_server_is_read_too() -> None:
    saved = [
        body
        for _, side, path, body in bodies(FIXTURES, "s3json-forms.json")
        if side == "response" and "mform.json" in path
    ]
    assert len(saved) == 6
    for body in saved:
        assert read_form_file(b"\xef\xbb\xbf\n" + json.dumps(body).encode()).controller


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("format = ", "not TOML"),
        ("", "must begin with `format = 1`"),
        (SMALL.replace("format = 1", "format = 2"), "must begin with `format = 1`"),
        (SMALL.replace("table", "tabel"), "the key 'tabel'; did you mean 'table'?"),
        (SMALL.replace("t_x", "Shelter"), "a name such as org_facility, not 'Shelter'"),
        (SMALL.replace('"string"', '"strin"'), "field 1 of t_x (f) has the type 'strin'; did you mean 'string'?"),
        (SMALL.replace('"string"', '"colour"'), "which is none of boolean, date,"),
        (SMALL.replace('"string"', '"reference"'), 'must have the type "reference TABLE"'),
        (SMALL.replace('"string"', '"string t_y"'), 'must have the type "string"'),
        (SMALL.replace('"f"', '"f g"'), "letters, digits and underscores, not 'f g'"),
        (SMALL + SMALL[SMALL.index("[[") :], "two fields named 'f'"),
        (SMALL.replace("[[field]]", "[field]"), "write each field under a line [[field]]"),
        ('format = 1\ntable = "t_x"\n', "t_x has no [[field]]"),
        (SMALL + 'required = "yes"\n', "`required` of field 1 of t_x must be true or false"),
        (SMALL + "label = 7\n", "`label` of field 1 of t_x must be text in quotes"),
        (SMALL + "options = 7\n", "the options of f must be a list"),
        (SMALL + 'options = [["1", "a", "b"]]\n', "a value or a pair of value and label"),
        (SMALL + "default = 1.5\n", "must be text in quotes, a whole number, true or false"),
        (SMALL + '[[component]]\ntable = "t_y"\n[[component.field]]\nname = "g"\ntype = "text"\n', "needs `joinby`"),
        ("units = 1\n" + SMALL, "a list of two or more fields, each once"),
        ('units = [["f"]]\n' + SMALL, "a list of two or more fields, each once"),
        ('units = [["f", "f"]]\n' + SMALL, "a list of two or more fields, each once"),
        ('units = [["f", 1]]\n' + SMALL, "a list of two or more fields, each once"),
        ('units = [["f", "g"]]\n' + SMALL, "names 'g', which is none of its fields"),
        ('units = [["f", "g"]]\n' + SMALL + LIST, "names 'g', whose items are added and removed one by one"),
        (SMALL + "restrictive = 1.5\n", "a restrictive value of f must be text in quotes"),
        (SMALL + '[[rule]]\nfield = "g"\n', "is about 'g', which is none of its fields"),
        (SMALL + '[[rule]]\nfield = "f"\nmerge = "newest"\n', "has the merge 'newest'; did you mean 'lowest'?"),
        (SMALL + '[[rule]]\nfield = "f"\nmerge = "lowest"\n', "needs `device`"),
        (SMALL + '[[rule]]\nfields = "f"\n', "did you mean 'field'?"),
        (SMALL + "[supers]\nx = 1\n", "must map super-entities to keys"),
        ("{}", "no form saved from a server"),
        ("format = 1\n" + "#" * 1024 * 1024, "are the most"),
        ('format = 1\ntable = "t_x"\nfield = [1]\n', "write each field under a line"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(text: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_form_file(text.encode())
    assert words in caught.value.what
    assert caught.value.do


def test_text_in_another_encoding_is_refused_with_words() -> None:
    with pytest.raises(InvalidInput, match="not TOML"):
        read_form_file(SMALL.replace('"f"', '"f"\nlabel = "\xe9"').encode("latin-1"))
