"""Deletions at the command line: what is asked, what is refused, and what a program reads."""

import json
from pathlib import Path

from edenmesh.standin import USERS, StandinServer
from tests.cli.conftest import Duo
from tests.cli.processes import make_home
from tests.cli.terminal import at_terminal

TABLE = "cr_shelter"


def meet(duo: Duo) -> None:
    """Ben syncs with Ada; what is purged on one of them keeps it from being everything."""
    assert duo.ben.call("sync", "Ada", "--address", f"127.0.0.1:{duo.ada.port}", "--no-announce").code in (0, 3)


def test_an_only_copy_stays_until_somebody_has_it_and_the_rest_goes_when_that_is_typed(duo: Duo) -> None:
    given = duo.ben.ask("record", "add", TABLE, "name=Given")["uuid"]
    meet(duo)
    alone = duo.ben.ask("record", "add", TABLE, "name=Alone")["uuid"]
    done = duo.ben.call("purge", TABLE, alone, "--yes")
    done.refused(1, "No other device of the team is known to have all of Alone", "Sync with another device")
    assert "1 record will stay" in done.err
    duo.ben.call("purge", TABLE, given, alone).refused(1, "nobody is here to be asked")
    for typed in ("", "y", "only"):
        with at_terminal(duo.ben.words("purge", TABLE, given, alone)) as terminal:
            terminal.read("Type 'yes'")
            terminal.type(typed)
            assert terminal.end() == 1
            assert "Nothing was purged." in terminal.text
    assert duo.ben.ask("record", "show", TABLE, given)["label"] == "Given"
    with at_terminal(duo.ben.words("purge", TABLE, given, alone)) as terminal:
        terminal.read("Type 'yes'")
        terminal.type("yes")
        assert terminal.end() == 3
        assert "Purged here: 1 record, 1 change," in terminal.text
        assert "Kept: 1 record. Sync with another device, then purge again." in terminal.text
    duo.ben.call("record", "show", TABLE, given).refused(1, "purged on this device")
    assert duo.ben.ask("record", "show", TABLE, alone)["label"] == "Alone"
    meet(duo)
    result = duo.ben.ask("purge", TABLE, alone, "--yes")
    assert (result["records"], result["kept"]) == (1, [])


def test_a_purged_record_is_in_the_bin_and_is_fetched_again(duo: Duo) -> None:
    uuid = duo.ada.ask("record", "add", TABLE, "name=Arena")["uuid"]
    meet(duo)
    short = uuid.removeprefix("urn:uuid:")[:8]
    duo.ben.call("purge", TABLE, short).refused(1, "nobody is here to be asked")
    result = duo.ben.ask("purge", TABLE, short, "--yes")
    assert (result["records"], result["versions"]) == (1, 1)
    purged = {one["uuid"]: one for one in duo.ben.ask("bin", "list")["purged"]}
    assert (purged[uuid]["has_newer"], purged[uuid]["is_automatic"]) == (False, False)
    assert duo.ben.ask("status")["purged"] >= 1
    edited = duo.ben.call("record", "edit", TABLE, uuid, "name=Mine")
    edited.refused(1, "purged on this device")
    assert f"edenmesh bin fetch {TABLE} {uuid}" in edited.err
    assert duo.ben.ask("bin", "fetch", TABLE, short) == {"wanted": 1}
    assert duo.ben.ask("bin", "list")["wanted"] == 1
    meet(duo)
    assert duo.ben.ask("record", "show", TABLE, uuid)["label"] == "Arena"
    duo.ben.call("bin", "fetch", TABLE, uuid).refused(1, "was purged here")


def test_rules_are_made_listed_and_taken_away(duo: Duo) -> None:
    assert duo.ben.ask("purge", "--rules") == []
    duo.ben.call("purge", "--rule", TABLE).refused(1, "more than nothing")
    duo.ben.call("purge", TABLE, "--after", "3").refused(2, "A rule is what")
    duo.ben.call("purge", TABLE).refused(2, "not said what to purge")
    rule = duo.ben.ask("purge", "--rule", TABLE, "--after", "90", "--receipts", "2")
    assert rule == {"table": TABLE, "after_days": 90, "space_mb": 0, "receipts": 2}
    said = duo.ben.call("purge", "--rules").out
    assert said == f"{TABLE} is purged here 90 days after it came, with 2 receipts or more.\n"
    assert duo.ben.call("purge", "--rule", TABLE, "--off").code == 0
    assert duo.ben.ask("purge", "--rules") == []


def test_a_deleted_record_is_restored_for_all(duo: Duo) -> None:
    uuid = duo.ada.ask("record", "add", TABLE, "name=Hall")["uuid"]
    duo.ada.ask("record", "retract", TABLE, uuid)
    assert uuid in [one["uuid"] for one in duo.ada.ask("bin", "list")["retracted"]]
    assert "Hall is there again" in duo.ada.call("bin", "restore", TABLE, uuid, "--why", "by mistake").out
    assert uuid not in [one["uuid"] for one in duo.ada.ask("bin", "list")["retracted"]]


def test_a_member_asks_a_steward_erases_and_nothing_is_taken_for_a_yes(duo: Duo) -> None:
    uuid = duo.ben.ask("record", "add", TABLE, "name=Mariam")["uuid"]
    duo.ben.call("erase", TABLE, uuid, "--yes").refused(1, "Only a steward")
    (asked,) = duo.ben.ask("erase", "--request", TABLE, uuid, "--why", "She asked us to.")
    assert (asked["by"], asked["is_met"]) == ("Ben", False)
    again = duo.ben.call("erase", "--request", TABLE, uuid)
    again.refused(1, "Ben has asked for that already", "because She asked us to", "bin list")
    meet(duo)
    shown = duo.ada.call("bin", "list").out
    assert f"Ben asks to erase Mariam ({TABLE} {uuid}): She asked us to." in shown
    done = duo.ada.call("erase", TABLE, uuid)
    done.refused(1, "nobody is here to be asked")
    assert f"To be destroyed everywhere: {TABLE} {uuid}   Mariam" in done.err
    with at_terminal(duo.ada.words("erase", TABLE, uuid)) as terminal:
        terminal.read("Type 'erase'")
        terminal.type("yes")
        assert terminal.end() == 1
    assert duo.ada.ask("record", "show", TABLE, uuid)["label"] == "Mariam"
    done = duo.ada.call("erase", TABLE, uuid, "--yes")
    assert done.code == 0
    assert "It does not reach servers" in done.out
    assert "when this device has run 24 hours more" in done.out
    assert "Not known here to have heard: Ben" in done.out
    duo.ada.call("record", "show", TABLE, uuid).refused(1, "erased for good")
    (view,) = json.loads(duo.ada.call("bin", "list", "--json").out)["erasures"]
    done = duo.ada.call("erase", "--confirm", view["entry"])
    done.refused(1, "nobody is here to be asked")
    assert "1 record hidden here" in done.err
    duo.ada.call("erase", "--confirm", view["entry"], "--yes").refused(1, "A second steward")
    duo.ada.call("erase").refused(2, "not said what to erase")
    assert duo.ada.ask("bin", "list")["asked"][0]["is_met"]


def test_an_erasure_deletes_at_the_server_first_where_that_is_said(tmp_path: Path) -> None:
    home = make_home(tmp_path, "Ada")
    with StandinServer() as server:
        password = tmp_path / "password"
        password.write_text(f"{USERS[0].password}\n")
        password.chmod(0o600)
        words = ("--url", server.url, "--allow-http", "--user", USERS[0].email, "--password-file", str(password))
        home.ask("destination", "set", "lab", *words)
        uuid = home.ask("record", "add", "org_organisation", "name=Of Mariam")["uuid"]
        assert home.call("deliver", "lab").code in (0, 3)
        assert home.ask("record", "show", "org_organisation", uuid)["delivered_to"] == ["lab"]
        done = home.call("erase", "org_organisation", uuid, "--yes", "--also-at-server")
        assert done.code == 0, done
        assert "It was deleted at the server, and read back." in done.out
        # The server has it no more, and a pull does not bring it back.
        assert home.call("pull", "lab").code in (0, 3)
        home.call("record", "show", "org_organisation", uuid).refused(1, "erased for good")
        unseen = home.ask("record", "add", "org_organisation", "name=Of Mariam, too")["uuid"]
    done = home.call("erase", "org_organisation", unseen, "--yes", "--also-at-server")
    assert done.code == 1
    assert home.ask("bin", "list")["erasures"][0]["hidden"] == [["org_organisation", uuid]]
    assert home.ask("bin", "restore", "org_organisation", unseen)["label"] == "Of Mariam, too"
