"""Forms travel between devices: strict about what they need, tolerant of what is newer."""

import pytest

from edenmesh.core.encoding import decode, encode
from edenmesh.core.limits import FORM_BYTES_MAX, FORM_FIELDS_MAX, FORM_TABLES_MAX
from edenmesh.core.records import KINDS, Catalogue, Component, Field, Form, Option, Table, form_hash
from edenmesh.errors import InvalidInput, RemoteProtocolError

NAME = Field(name="name", kind="string", label="Name", is_required=True)
FORM = Form(
    format=1,
    name="shelter",
    title="Shelters",
    controller="cr",
    function="shelter",
    table=Table(name="cr_shelter", fields=[NAME, Field(name="status", kind="integer", options=[Option("1", "Open")])]),
    components=[Component(alias="image", joinby="doc_id", pkey="doc_id", table=Table(name="doc_image"))],
    references=[Table(name="gis_location")],
)


def test_a_form_comes_back_from_its_bytes() -> None:
    data = FORM.encode()
    assert Form.decode(data) == FORM
    assert form_hash(data) == form_hash(Form.decode(data).encode())


def test_what_a_newer_program_added_stays_in_the_bytes() -> None:
    plain = decode(FORM.encode(), FORM_BYTES_MAX)
    assert isinstance(plain, dict)
    newer = encode({**plain, "units": [["lat", "lon"]]})
    assert Form.decode(newer) == FORM
    assert form_hash(newer) != form_hash(FORM.encode())


@pytest.mark.parametrize(
    "form",
    [
        Form(format=2, table=Table(name="t_x")),
        Form(format=1, table=Table(name="")),
        Form(format=1, table=Table(name="x" * 129)),
        Form(format=1, table=Table(name="t_x", fields=[NAME, NAME])),
        Form(format=1, table=Table(name="t_x", fields=[Field(name="$master", kind="text")])),
        Form(format=1, table=Table(name="t_x", fields=[Field(name="@uuid", kind="text")])),
        Form(
            format=1,
            table=Table(name="t_x", fields=[Field(name=f"f{n}", kind="x") for n in range(FORM_FIELDS_MAX + 1)]),
        ),
        Form(format=1, table=Table(name="t_x"), references=[Table(name=f"t_{n}") for n in range(FORM_TABLES_MAX)]),
        Form(format=1, table=Table(name="t_x"), components=[FORM.components[0], FORM.components[0]]),
        Form(format=1, table=Table(name="t_x"), components=[Component(alias="", table=Table(name="t_y"))]),
    ],
)
def test_a_form_out_of_bounds_is_neither_made_nor_taken(form: Form) -> None:
    with pytest.raises(InvalidInput):
        form.encode()
    with pytest.raises(RemoteProtocolError):
        Form.decode(encode(form))


def test_a_form_too_large_is_neither_made_nor_taken() -> None:
    form = Form(format=1, table=Table(name="t_x", settings="x" * FORM_BYTES_MAX))
    with pytest.raises(InvalidInput):
        form.encode()
    with pytest.raises(RemoteProtocolError):
        Form.decode(encode(form))


def test_a_field_knows_whether_it_holds_items() -> None:
    lists = {kind for kind in KINDS if Field(name="f", kind=kind).is_list}
    assert lists == {"list:string", "list:integer", "list:reference"}


def test_the_tables_own_form_goes_before_what_others_say_of_it() -> None:
    own = Form(format=1, table=Table(name="t_y", fields=[Field(name="f", kind="integer")]))
    told = Table(name="t_y", fields=[Field(name="f", kind="text"), Field(name="key", kind="objectkey")])
    parent = Form(format=1, table=Table(name="t_a"), components=[Component(alias="y", joinby="key", table=told)])
    aside = Form(
        format=1, table=Table(name="t_b"), references=[Table(name="t_y", fields=[Field(name="g", kind="date")])]
    )
    for forms in ([own, parent, aside], [aside, parent, own]):
        catalogue = Catalogue.of(forms)
        assert {name: field.kind for name, field in catalogue.fields("t_y").items()} == {
            "f": "integer",
            "key": "objectkey",
            "g": "date",
        }
        assert [(one.master, one.component.alias) for one in catalogue.memberships("t_y")] == [("t_a", "y")]
        assert Catalogue.of(catalogue) is catalogue


def test_a_component_is_found_by_its_alias_else_by_its_table() -> None:
    parts = [Component(alias=alias, joinby=alias, table=Table(name="t_y")) for alias in ("home", "work")]
    catalogue = Catalogue.of({"t_x": Form(format=1, table=Table(name="t_x"), components=parts)})
    assert catalogue.component("t_x", "t_y", "work") == parts[1]
    assert catalogue.component("t_x", "t_y") == parts[0]
    assert catalogue.component("t_x", "t_z") is None
    assert catalogue.component("t_y", "t_y") is None
    assert catalogue.fields("nothing") == {}
