"""Targets go before what refers to them, components inside their masters, deletions last and the other way round."""

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from edenmesh.core.records import MASTER, Component, Content, Field, File, Form, Reference, Table
from edenmesh.eden import Batch, Row, deliverable, encode_push, plan_delivery, table_address
from edenmesh.eden.plan import BATCH_CHARS, BATCH_FILE_BYTES, BATCH_RECORDS


def row(table: str, uuid: str, /, *, is_deleted: bool = False, **fields: Content) -> Row:
    return Row(table=table, uuid=uuid, fields=fields, is_deleted=is_deleted)


def to(table: str, uuid: str) -> Reference:
    return Reference(table, uuid)


def inside(master: Reference, one: Row) -> Row:
    return replace(one, fields={**one.fields, MASTER: master})


def keys(batch: Batch) -> list[str]:
    return [one.uuid for one in batch.rows]


def shape(batches: Iterable[Batch]) -> list[tuple[str, list[str]]]:
    return [(batch.table, keys(batch)) for batch in batches]


OFFICE = Table(
    name="org_office", fields=[Field(name="organisation_id", kind="reference", targets=["org_organisation"])]
)
SECTOR = Table(
    name="org_sector_organisation",
    fields=[Field(name="organisation_id", kind="reference"), Field(name="sector_id", kind="reference")],
)
FORMS = {
    "org_organisation": Form(
        format=1,
        table=Table(name="org_organisation"),
        controller="org",
        function="organisation",
        components=[
            Component(alias="office", joinby="organisation_id", table=OFFICE),
            Component(alias="sector", joinby="organisation_id", table=SECTOR),
        ],
    ),
    "org_office": Form(format=1, table=OFFICE, controller="org", function="office"),
    "t_need": Form(
        format=1,
        table=Table(name="t_need", fields=[Field(name="must", kind="reference", is_required=True)]),
        controller="default",
        function="table/need",
    ),
}


def test_targets_go_before_what_refers_to_them() -> None:
    rows = [
        row("org_office", "o1", organisation_id=to("org_organisation", "g1"), location_id=to("gis_location", "l2")),
        row("org_organisation", "g1"),
        row("gis_location", "l2", parent=to("gis_location", "l1")),
        row("gis_location", "l1"),
        row("org_office", "o2", organisation_id=to("org_organisation", "elsewhere")),
    ]
    batches = plan_delivery(rows, FORMS)
    assert [batch.table for batch in batches][-1] == "org_office"
    assert sorted(batch.table for batch in batches) == ["gis_location", "org_office", "org_organisation"]
    assert set(keys(batches[-1])) == {"o1", "o2"}
    (locations,) = (batch for batch in batches if batch.table == "gis_location")
    assert keys(locations) == ["l1", "l2"]


def test_a_table_is_not_visited_twice_where_once_will_do() -> None:
    rows = [row("t_x", f"x{n}") for n in range(3)]
    rows += [row("t_x", "late", target=to("t_y", "y0"))]
    rows += [row("t_y", f"y{n}") for n in range(2)]
    assert [batch.table for batch in plan_delivery(rows)] == ["t_y", "t_x"]


def test_components_go_inside_their_masters() -> None:
    rows = [
        inside(to("pr_person", "p1"), row("pr_contact", "c1")),
        row("pr_person", "p1"),
        inside(to("pr_person", "p2"), row("pr_contact", "c2")),
        row(
            "org_sector_organisation", "s", organisation_id=to("org_organisation", "g"), sector_id=to("org_sector", "a")
        ),
        row("org_sector", "a"),
    ]
    batches = plan_delivery(rows, FORMS)
    assert sorted(shape(batches)[:2]) == [("org_sector", ["a"]), ("pr_person", ["p1", "c1", "p2", "c2"])]
    assert shape(batches)[2:] == [("org_organisation", ["g", "s"])]
    (nested,) = (batch for batch in batches if batch.table == "org_organisation")
    assert nested.rows[0].is_bare
    assert nested.rows[1].fields == {"sector_id": to("org_sector", "a"), MASTER: to("org_organisation", "g")}


def test_a_component_with_an_address_of_its_own_keeps_its_reference() -> None:
    office = row("org_office", "o", organisation_id=to("org_organisation", "g"))
    assert plan_delivery([office], FORMS)[0].rows == (office,)


def test_a_circle_is_closed_by_a_second_push() -> None:
    rows = [
        row("t_x", "x", name="X", target=to("t_y", "y")),
        row("t_y", "y", name="Y", target=to("t_x", "x")),
        row("t_z", "z", target=to("t_y", "y")),
    ]
    batches = plan_delivery(rows)
    repeats = [batch for batch in batches if batch.is_repeat]
    assert [batch.is_repeat for batch in batches].count(True) == 1
    assert batches[-1] is repeats[0]
    (again,) = repeats[0].rows
    (first,) = (one for batch in batches[:-1] for one in batch.rows if one.key == again.key)
    assert set(first.fields) == {"name"}
    assert set(again.fields) == {"target"}
    assert len([one for batch in batches[:-1] for one in batch.rows]) == 3


def test_the_reference_put_off_is_one_that_is_not_required() -> None:
    rows = [row("t_need", "n", must=to("t_x", "x")), row("t_x", "x", target=to("t_need", "n"))]
    batches = plan_delivery(rows, FORMS)
    assert shape(batches) == [("t_x", ["x"]), ("t_need", ["n"]), ("t_x", ["x"])]
    assert [dict(batch.rows[0].fields) for batch in batches] == [
        {},
        {"must": to("t_x", "x")},
        {"target": to("t_need", "n")},
    ]


def test_a_list_of_references_goes_without_those_that_close_a_circle() -> None:
    both = (to("t_y", "y"), to("t_y", "elsewhere"))
    rows = [row("t_x", "x", targets=both), row("t_y", "y", target=to("t_x", "x"), must=to("t_x", "x"))]
    forms = {
        "t_y": Form(format=1, table=Table(name="t_y", fields=[Field(name="must", kind="reference", is_required=True)]))
    }
    batches = plan_delivery(rows, forms)
    assert batches[0].rows[0].fields == {"targets": (to("t_y", "elsewhere"),)}
    assert batches[-1].rows[0].fields == {"targets": both}


def test_deletions_come_last_and_referrers_before_their_targets() -> None:
    rows = [
        row("org_organisation", "g", is_deleted=True),
        row("org_office", "o", is_deleted=True, organisation_id=to("org_organisation", "g"), name="Quay"),
        row("org_organisation", "new", parent=to("org_office", "o")),
    ]
    batches = plan_delivery(rows, FORMS)
    assert shape(batches) == [("org_organisation", ["new"]), ("org_office", ["o"]), ("org_organisation", ["g"])]
    assert [batch.is_deletion for batch in batches] == [False, True, True]
    assert dict(batches[1].rows[0].fields) == {}


def test_a_deleted_component_never_travels_inside_its_deleted_master() -> None:
    rows = [row("pr_person", "p", is_deleted=True)]
    rows += [inside(to("pr_person", "p"), row("pr_contact", f"c{n}", is_deleted=True)) for n in range(2)]
    batches = plan_delivery(rows)
    assert [sorted(keys(batch)) for batch in batches] == [["c0", "c1", "p"], ["p"]]
    assert batches[0].rows[0].is_bare
    assert encode_push(batches[1].rows) == b'{"$_pr_person":[{"@uuid":"p","@deleted":"true"}]}'


def test_batches_stay_within_bounds() -> None:
    many = plan_delivery([row("t_x", str(n)) for n in range(2 * BATCH_RECORDS + 1)])
    assert [len(batch.rows) for batch in many] == [BATCH_RECORDS, BATCH_RECORDS, 1]
    wordy = plan_delivery([row("t_x", str(n), text="x" * (BATCH_CHARS // 2)) for n in range(3)])
    assert [len(batch.rows) for batch in wordy] == [1, 1, 1]
    pictures = [File(hash=bytes([n]) * 32, label="p.png", size=BATCH_FILE_BYTES // 2) for n in range(5)]
    heavy = plan_delivery([row("t_x", str(n), picture=picture) for n, picture in enumerate(pictures)])
    assert [len(batch.rows) for batch in heavy] == [2, 2, 1]


def test_files_of_one_request_have_names_of_their_own() -> None:
    same, other = (File(hash=bytes([n]) * 32, label="image.jpg", size=1) for n in range(2))
    rows = [row("t_x", "1", a=same, b=other), row("t_x", "2", a=same), row("t_x", "3", a=other)]
    (batch,) = plan_delivery(rows)
    assert {name: file.hash for name, file in batch.files.items()} == {
        "image.jpg": same.hash,
        f"image-{other.hash.hex()[:16]}.jpg": other.hash,
    }


def test_the_address_of_a_table_comes_from_its_form_else_from_its_name() -> None:
    assert table_address("org_organisation") == ("org", "organisation")
    assert table_address("event_incident_report") == ("event", "incident_report")
    assert table_address("t_need", FORMS) == ("default", "table/need")
    assert table_address("odd") == ("odd", "odd")


TABLES = ("t_w", "t_x", "t_y", "t_z")


@st.composite
def worlds(draw: st.DrawFn) -> list[Row]:
    """Rows that refer to each other in any way, some nested, some deleted."""
    names = draw(st.lists(st.tuples(st.sampled_from(TABLES), st.integers(0, 9).map(str)), unique=True, max_size=14))
    made: list[Row] = []
    for table, uuid in names:
        targets = draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
        fields: dict[str, Content] = {f"f{n}": Reference(*target) for n, target in enumerate(targets)}
        masters = [one.key for one in made if one.table != "t_z"]
        if table == "t_z" and masters:
            fields[MASTER] = Reference(*draw(st.sampled_from(masters)))
        made.append(Row(table=table, uuid=uuid, fields=fields, is_deleted=draw(st.integers(0, 4)) == 0))
    return made


@given(worlds())
@settings(max_examples=300)
def test_whatever_refers_to_what_every_row_goes_once_and_finds_its_targets(rows: list[Row]) -> None:
    batches = plan_delivery(rows)
    living = {one.key: one for one in rows if not one.is_deleted}
    told: dict[tuple[str, str], dict[str, Content]] = {}
    for batch in batches:
        assert {one.table for one in batch.rows if one.master is None} == {batch.table}
        assert encode_push([deliverable(one)[0] for one in batch.rows])
        if batch.is_deletion:
            continue
        there = told.keys() | {one.key for one in batch.rows}
        for one in batch.rows:
            if one.key in living:
                for content in one.fields.values():
                    assert isinstance(content, Reference)
                    assert (content.table, content.uuid) not in living or (content.table, content.uuid) in there
                told.setdefault(one.key, {}).update(one.fields)
    assert told == {key: dict(one.fields) for key, one in living.items()}
    first = [one.key for batch in batches if not (batch.is_repeat or batch.is_deletion) for one in batch.rows]
    assert len(first) == len(set(first))
    dying = [one for batch in batches if batch.is_deletion for one in batch.rows if one.is_deleted]
    assert {one.key for one in dying} == {one.key for one in rows if one.is_deleted}
    assert [batch.is_deletion for batch in batches] == sorted(batch.is_deletion for batch in batches)
