"""The main job at the command line: two devices in processes of their own pair, share, disagree, decide and part."""

import json

from tests.cli.conftest import Duo
from tests.cli.terminal import at_terminal


def test_both_screens_show_one_code_and_who_joins_whom(duo: Duo) -> None:
    assert duo.codes[0] == duo.codes[1]
    assert duo.codes[0].replace(" ", "").isdigit()
    assert duo.sentences[0] == "Ben joins your team."
    assert duo.sentences[1].startswith("This device joins the team of Ada")
    members = duo.ben.ask("mesh")
    assert [(one["name"], one["admitted_by"], one["is_self"]) for one in members] == [
        ("Ada", "", False),
        ("Ben", "Ada", True),
    ]


def test_what_is_imported_here_arrives_there_with_its_files(duo: Duo) -> None:
    photos = duo.folder / "photos"
    photos.mkdir()
    for label, content in duo.dataset.photos.items():
        (photos / label).write_bytes(content)
    (photos / "stranger.png").write_bytes(b"not named by any record")
    rows = 0
    for table, document in duo.dataset.documents.items():
        file = duo.folder / f"{table}.s3json"
        file.write_bytes(document)
        result = duo.ada.ask("import", str(file), "--files", str(photos))
        assert not result["problems"]
        rows += result["written"]
    assert rows == duo.dataset.records
    again = duo.ada.ask("import", str(duo.folder / "pr_person.s3json"))
    assert again["written"] == 0
    assert again["unchanged"] >= 20

    done = duo.ben.spawn("sync", "Ada", "--address", f"127.0.0.1:{duo.ada.port}", "--no-announce")
    assert done.code == 0, done
    assert "Ada: everything is on both devices." in done.out
    assert f"{rows} changes received" in done.out
    assert duo.sync()["missing"] == []
    tables = {one["table"]: one["records"] for one in duo.ben.ask("record", "list")}
    assert tables["pr_person"] == 20
    assert sum(tables.values()) == rows
    image = duo.ben.ask("record", "list", "doc_image")[0]
    assert image["fields"]["file"]["label"] in duo.dataset.photos
    assert duo.ben.ask("status")["files_missing"] == 0


def test_a_file_is_attached_and_a_reference_given(duo: Duo) -> None:
    photo = duo.folder / "roof.jpg"
    photo.write_bytes(b"\xff\xd8 a roof \xff\xd9")
    shelter = duo.ben.ask("record", "add", "cr_shelter", "name=Arena", 'services:=["water", "food"]', "capacity:=12")
    fields = shelter["strands"][0]["fields"]
    assert fields["capacity"]["value"] == 12
    assert sorted(fields["services"]["value"]) == ["food", "water"]
    master = json.dumps({"table": "cr_shelter", "uuid": shelter["uuid"]})
    image = duo.ben.ask("record", "add", "doc_image", f"file=@{photo}", f"doc_id:={master}", "name=@@home")
    fields = image["strands"][0]["fields"]
    assert fields["file"]["value"]["label"] == "roof.jpg"
    assert fields["file"]["value"]["size"] == photo.stat().st_size
    assert fields["doc_id"]["value"] == {"table": "cr_shelter", "uuid": shelter["uuid"]}
    assert fields["name"]["value"] == "@home"


def test_edits_on_both_sides_wait_for_a_person_who_decides(duo: Duo) -> None:
    uuid = duo.ada.ask("record", "add", "cr_shelter", "name=Town hall", "capacity=120", "status=open")["uuid"]
    duo.sync()
    duo.ada.ask("record", "edit", "cr_shelter", uuid, "capacity=80", "status=full", "phone=1")
    duo.ben.ask("record", "edit", "cr_shelter", uuid[9:18], "capacity=95", "status=closed", "comments=seen today")
    assert duo.sync()["missing"] == []

    found = duo.ben.ask("conflicts", code=4)
    assert [one["uuid"] for one in found] == [uuid]
    fields = found[0]["strands"][0]["fields"]
    assert (fields["phone"]["value"], fields["comments"]["value"]) == ("1", "seen today")
    choices = {one["text"]: one for one in fields["capacity"]["choices"]}
    assert {text: one["by"] for text, one in choices.items()} == {"80": "Ada", "95": "Ben"}
    drawn = duo.ada.call("conflicts")
    assert drawn.code == 4
    assert all(part in drawn.out for part in ("Town hall", "by Ada", "by Ben", "1 record waits"))

    duo.ada.spawn("resolve", "cr_shelter", uuid).refused(2, "no terminal to ask at", "--take")
    half = duo.ada.ask("resolve", "cr_shelter", uuid, "capacity=100", "--why", "counted today", code=4)
    assert half["strands"][0]["fields"]["capacity"]["value"] == "100"
    _choose_at_terminal(duo, uuid, "status", "closed")
    assert duo.ada.ask("conflicts") == []
    duo.sync()
    assert duo.ben.ask("conflicts") == []
    fields = duo.ben.ask("record", "show", "cr_shelter", uuid)["strands"][0]["fields"]
    assert (fields["capacity"]["value"], fields["status"]["value"]) == ("100", "closed")


def test_one_version_is_taken_whole(duo: Duo) -> None:
    uuid = duo.ada.ask("record", "add", "cr_shelter", "name=School", "capacity=1", "status=open")["uuid"]
    duo.sync()
    duo.ada.ask("record", "edit", "cr_shelter", uuid, "capacity=2", "status=full")
    duo.ben.ask("record", "edit", "cr_shelter", uuid, "capacity=3", "status=closed")
    duo.sync()
    fields = duo.ada.ask("record", "show", "cr_shelter", uuid)["strands"][0]["fields"]
    version = next(one["version"] for one in fields["capacity"]["choices"] if one["by"] == "Ben")
    decided = duo.ada.ask("resolve", "cr_shelter", uuid, "--take", version)["strands"][0]["fields"]
    assert (decided["capacity"]["value"], decided["status"]["value"]) == ("3", "closed")


def test_deleted_here_and_edited_there_is_kept_or_deleted_by_a_person(duo: Duo) -> None:
    uuid = duo.ada.ask("record", "add", "cr_shelter", "name=Old mill")["uuid"]
    duo.sync()
    duo.ada.ask("record", "retract", "cr_shelter", uuid)
    duo.ben.ask("record", "edit", "cr_shelter", uuid, "name=New mill")
    duo.sync()
    assert "deleted and edited" in duo.ada.ask("record", "show", "cr_shelter", uuid)["flags"]
    assert "deleted and edited" not in duo.ada.ask("resolve", "cr_shelter", uuid, "--keep")["flags"]
    duo.sync()
    assert duo.ben.ask("record", "show", "cr_shelter", uuid)["label"] == "New mill"
    duo.ben.ask("record", "retract", "cr_shelter", uuid)
    duo.sync()
    assert uuid not in [one["uuid"] for one in duo.ada.ask("record", "list", "cr_shelter")]
    assert uuid in [one["uuid"] for one in duo.ada.ask("record", "list", "cr_shelter", "--deleted")]


def test_records_leave_as_files(duo: Duo) -> None:
    duo.ada.ask("record", "add", "gis_location", "name=Ford", "lat=12.5", "lon=-3.25")
    file = duo.folder / "places.csv"
    assert duo.ada.call("export", "--format", "csv", "--table", "gis_location", "-o", str(file)).code == 0
    assert file.read_text("utf-8-sig").startswith("uuid,")
    assert "Ford" in file.read_text("utf-8-sig")
    map_file = json.loads(duo.ada.call("export", "--format", "geojson", "--table", "gis_location").out)
    assert map_file["features"][0]["geometry"] == {"type": "Point", "coordinates": [-3.25, 12.5]}
    document = json.loads(duo.ada.ask("export", "--table", "gis_location")["content"])
    assert [len(rows) for rows in document.values()] == [1]
    assert not list(duo.folder.glob(".places*"))


def test_nothing_flows_to_whom_nobody_allows(duo: Duo) -> None:
    words = ("sync", "Ada", "--address", f"127.0.0.1:{duo.ada.port}", "--no-announce")
    assert duo.ada.call("allow", "Ben", "--not").code == 0
    done = duo.ben.call(*words)
    assert done.code == 3, done
    assert "not everything is on both devices. The other person has to allow" in done.out
    duo.ben.call("allow", "Ada", "--not")
    duo.ben.call(*words).refused(1, "not chosen", "edenmesh allow")
    for home, other in ((duo.ada, "Ben"), (duo.ben, "Ada")):
        assert home.call("allow", other).code == 0
    assert duo.sync()["missing"] == []


def test_who_is_barred_is_heard_no_more(duo: Duo) -> None:
    before = duo.ada.ask("status")["records"]
    assert before >= duo.dataset.records
    asked = duo.ada.spawn("revoke", "Ben", text="y\n")
    assert (asked.code, "Nothing was changed" in asked.err) == (1, True)
    assert duo.ada.call("revoke", "Ben", "--yes").code == 0
    assert [one["is_revoked"] for one in duo.ada.ask("peers")] == [True]
    refused = duo.ben.spawn("sync", "Ada", "--address", f"127.0.0.1:{duo.ada.port}", "--no-announce")
    refused.refused(1, "refused this one")
    after = duo.ada.ask("status")
    assert (after["connected"], after["records"]) == ([], before)


def _choose_at_terminal(duo: Duo, uuid: str, field: str, wanted: str) -> None:
    with at_terminal(duo.ada.words("resolve", "cr_shelter", uuid)) as terminal:
        number = terminal.read(rf"(?s){field}:.*(\d)  {wanted} +by Ben, \d{{4}}-\d\d-\d\d")[1]
        terminal.read(r"Which is right\? \[1 / 2 / [^]]*\] $")
        terminal.type("")
        terminal.read(r"(?s)Which is right.*Which is right\? \[1 / 2 / [^]]*\] $")
        terminal.type(number)
        terminal.read("1 decision made; nothing is open any more")
        assert terminal.end() == 0
