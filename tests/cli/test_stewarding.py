"""What stewards decide, at the command line: roles, current forms, pinned servers, receipts, quarantine and pen."""

from pathlib import Path

import pytest

from edenmesh.core.ids import DeviceId, format_id
from edenmesh.node import Device, Settings
from edenmesh.standin import StandinServer
from tests.cli.conftest import Duo
from tests.cli.processes import QUICK, Home, make_home
from tests.cli.test_servers import name_server
from tests.forms import form_file
from tests.store.making import Author

GUEST = DeviceId(b"g" * 32)


def test_the_founder_is_nagged_and_a_second_steward_ends_it(duo: Duo) -> None:
    done = duo.ada.spawn("status")
    assert done.code == 0, done
    assert "the founder and the only steward" in done.err
    assert "edenmesh role give NAME steward" in done.err
    assert next(one for one in duo.ada.ask("doctor") if one["name"] == "stewards")["do"]
    done = duo.ben.spawn("role", "give", "Ben", "gateway")
    done.refused(1, "Only a steward")
    done = duo.ada.spawn("role", "give", "Ben", "steward")
    assert (done.code, done.out.strip()) == (0, "Ben has now: steward. Others hear of it when they sync."), done
    duo.sync()
    assert duo.ada.ask("status")["advice"] == duo.ben.ask("status")["advice"] == []
    assert duo.ben.ask("role", "give", "Ben", "gateway")["roles"] == ["steward", "gateway"]
    duo.sync()
    members = {one["name"]: (one["roles"], one["authors"], one["is_copied"]) for one in duo.ada.ask("mesh")}
    assert members["Ben"] == (["steward", "gateway"], 1, False)
    out = duo.ada.call("mesh").out.splitlines()
    assert out[0].split("\t") == ["Name", "Roles", "Admitted by", "Author keys", "Id"]
    assert out[2].split("\t")[:4] == ["Ben", "steward, gateway", "Ada", "1"]
    duo.ada.call("role", "give", "Ben", "gateway").refused(1, "Ben is a gateway already")
    duo.ada.call("role", "give", "Ben", "admin").refused(2)
    assert duo.ada.ask("role", "take", "Ben", "gateway")["roles"] == ["steward"]
    assert duo.ada.ask("role", "take", "Ben", "steward")["roles"] == []
    duo.sync()


def test_a_form_is_made_the_current_one_and_everybody_sees_which(duo: Duo) -> None:
    for title in ("Shelter", "Shelter, second"):
        file = duo.folder / "form.toml"
        file.write_bytes(form_file(head=f'title = "{title}"'))
        duo.ada.ask("form", "add", str(file))
    listed = {one["title"]: one for one in duo.ada.ask("form", "current", "cr_shelter")}
    assert not any(one["is_current"] for one in listed.values())
    chosen = listed["Shelter, second"]["id"]
    done = duo.ada.spawn("form", "current", "cr_shelter", chosen[:10])
    assert (done.code, done.out.strip()) == (0, "cr_shelter is filled in by Shelter, second from now on."), done
    duo.sync()
    out = duo.ben.call("form", "current", "cr_shelter").out
    assert [line.split("\t")[1:3] for line in out.splitlines()[1:]].count(["current", "Shelter, second"]) == 1
    assert [one["id"] for one in duo.ben.ask("form", "current") if one["is_current"]] == [chosen]
    duo.ben.call("form", "current", "cr_shelter", listed["Shelter"]["id"]).refused(1, "Only a steward")
    duo.ada.call("form", "current", "cr_shelter", "f-nothing").refused(1, "No form of cr_shelter")


def test_a_pinned_server_makes_receipts_and_the_words_say_which_is_which(tmp_path: Path) -> None:
    home = make_home(tmp_path, "Office")
    with StandinServer() as server:
        name_server(home, server.url)
        row = home.ask("record", "add", "org_organisation", "name=Aid")
        shown = home.call("record", "show", "org_organisation", row["uuid"]).out
        assert "still owed; nobody has seen it there" in shown
        done = home.spawn("deliver")
        assert done.code == 0, done
        assert "None of it is a receipt: no steward has pinned this server." in done.out
        assert "delivered, without a receipt" in home.call("record", "show", "org_organisation", row["uuid"]).out
        [listed] = home.ask("destination", "list")
        assert (listed["is_pinned"], listed["is_set_up"]) == (False, True)
        done = home.spawn("destination", "pin", listed["name"])
        assert done.code == 0, done
        assert "plain http" in done.err
        assert "yes: a steward pinned it, without a key" in home.call("destination", "list").out
        assert "delivered, with a receipt" in home.call("record", "show", "org_organisation", row["uuid"]).out
        out = home.call("deliver").out
        assert "Of all that is there 1 are receipts." in out
        [standing] = home.ask("status")["destinations"]
        assert (standing["delivered"], standing["receipts"], standing["owed"], standing["read_once"]) == (1, 1, 0, 1)
        assert "1 delivered, 1 of them receipts, 0 owed, 1 to be read back once more" in home.call("status").out
        home.ask("record", "edit", "org_organisation", row["uuid"], "name=Aid 2")
        assert "still owed: name" in home.call("record", "show", "org_organisation", row["uuid"]).out
        home.call("destination", "pin", "nobody").refused(2, "no destination called")


def test_a_server_that_has_gone_back_is_answered_at_once(tmp_path: Path) -> None:
    home = make_home(tmp_path, "Office")
    with StandinServer() as server:
        name_server(home, server.url)
        uuids = [home.ask("record", "add", "org_organisation", f"name=Aid {number}")["uuid"] for number in range(3)]
        assert home.call("deliver").code == 0
        for uuid in uuids:
            server.forget("org_organisation", uuid)
        home.call("pull", "--only", "records")
        assert "it has gone back on 3" in home.call("status").out
        name = home.ask("destination", "list")[0]["name"]
        done = home.spawn("destination", "answer", name, "older")
        assert (done.code, "does not fit 3 others" in done.out) == (4, True), done
        assert home.ask("destination", "answer", name, "ours") == {"answered": 3, "left": 0}
        assert home.call("deliver").code == 0
        assert len(server.uuids("org_organisation")) >= 3


@pytest.fixture
def visited(tmp_path: Path) -> tuple[Home, str]:
    """A device in whose pen a guest's versions lie, and the guest's author."""
    home = make_home(tmp_path, "Post")
    author = Author(77)
    author.write_many(6)
    settings = Settings(key_cost=QUICK)
    device = Device.open(home.path, passphrase=home.passphrase.read_text().strip(), settings=settings)
    with device._parts.desk.writing() as writing:
        assert writing.pen_part(author.part(0, 6), GUEST)
    device.close()
    return home, format_id("a", author.id)


def test_a_guests_pen_is_shown_and_nothing_is_done_about_it_by_default(visited: tuple[Home, str]) -> None:
    home, author = visited
    done = home.spawn("quarantine", "list")
    assert done.code == 0, done
    assert "6 handed in" in done.out
    assert author in done.out
    assert "Guests\t6 changes handed in, not accepted" in home.call("status").out
    # Without a person who says yes nothing happens, neither this way nor that.
    for words in (("accept", author), ("discard", author)):
        for text in ("", "no\n", "\n"):
            done = home.spawn("quarantine", *words, text=text)
            assert done.code == 1, done
            assert "Nothing was changed." in done.err
    assert [one["versions"] for one in home.ask("quarantine", "list")["pen"]] == [6]


def test_a_guests_versions_are_accepted_up_to_a_number_or_thrown_away(visited: tuple[Home, str]) -> None:
    home, author = visited
    home.call("quarantine", "accept", author, "--up-to", "7", "--yes").refused(1, "6 versions are here, not 7")
    done = home.spawn("quarantine", "accept", author[:12], "--up-to", "4", text="yes\n")
    assert (done.code, done.err.count("What happened")) == (0, 0), done
    seen = home.ask("quarantine", "list")
    assert (seen["pen"], [one["versions"] for one in seen["held_back"]]) == ([], [2])
    assert "does not certify" in home.call("quarantine", "list").out
    home.call("quarantine", "discard", author, "--yes").refused(1, "not thrown away")
    assert home.ask("quarantine", "accept", author, "--yes") == {"versions": 6}
    assert "Nothing is without effect." in home.call("quarantine", "list").out


def test_a_guests_versions_are_thrown_away_where_a_person_says_so(visited: tuple[Home, str]) -> None:
    home, author = visited
    assert home.ask("quarantine", "discard", author, "--yes") == {"versions": 6}
    home.call("quarantine", "discard", author, "--yes").refused(1, "Nothing of an author")
    assert home.ask("status")["penned"] == 0
