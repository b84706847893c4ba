"""That what is said of commands would be noticed if it were not so: each saboteur is caught by the check it is for."""

import json
from collections.abc import Callable
from dataclasses import fields

import pytest

from edenmesh.core.ids import format_id
from edenmesh.core.records import Change
from edenmesh.node import Device, RecordView, Settings
from edenmesh.node.deletion.elsewhere import Elsewhere
from tests.cli import saboteurs
from tests.cli.processes import Home, make_home
from tests.node.devices import QUICK

TABLE = "cr_shelter"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A device that is opened by each command; every check makes a record of its own."""
    return make_home(tmp_path_factory.mktemp("kiosk"), "Kiosk")


def opened(home: Home) -> Device:
    passphrase = home.passphrase.read_text().strip()
    return Device.open(home.path, passphrase=passphrase, settings=Settings(key_cost=QUICK))


def conflict(home: Home, *fields: str) -> str:
    """A record with two values in each of these fields."""
    device = opened(home)
    try:
        uuid = device.add(TABLE, {"name": "School"}).uuid
        held = device.records.find(TABLE, uuid)[2]
        for value in ("one", "two"):
            change = Change(set=dict.fromkeys(fields, value))
            device.records.write(TABLE, uuid, change, parents=tuple(held.versions))
        return uuid
    finally:
        device.close()


def shown(home: Home, uuid: str, code: int = 0) -> dict[str, object]:
    said: dict[str, object] = home.ask("record", "show", TABLE, uuid, code=code)
    return said


def check_strand(home: Home) -> None:
    """Who keeps the uuid is who was named."""
    device = opened(home)
    uuid = device.add(TABLE, {"name": "Owned"}).uuid
    device.import_document(json.dumps({f"$_{TABLE}": [{"@uuid": uuid, "name": "Other"}]}).encode())
    strands = {strand.fields["name"].value: strand.id for strand in device.record(TABLE, uuid).strands}
    device.close()
    after = home.ask("resolve", TABLE, uuid, "--different", "--keeps", strands["Other"])
    assert (after["uuid"], after["label"]) == (uuid, "Other")


def check_heads(home: Home) -> None:
    """A decision on heads that are not here is refused."""
    uuid = conflict(home, "status")
    done = home.call("resolve", TABLE, uuid, "status=one", "--seen", format_id("v", bytes(32)))
    done.refused(1, "is not here, or not whole yet")


def check_reason(home: Home) -> None:
    """The reason of a decision stands in the history."""
    uuid = conflict(home, "status")
    home.ask("resolve", TABLE, uuid, "status=one", "--why", "counted today")
    events = home.ask("history", TABLE, uuid)["events"]
    assert events[-1]["text"].endswith("because counted today")


def check_json(home: Home) -> None:
    """A program is told all that a person is."""
    view = shown(home, conflict(home, "status"))
    assert view.keys() >= {field.name for field in fields(RecordView)}


def check_open(home: Home) -> None:
    """What is left open ends with a code of its own."""
    uuid = conflict(home, "status", "kind")
    assert home.call("conflicts").code == 4
    assert home.call("resolve", TABLE, uuid, "status=one").code == 4
    assert home.call("resolve", TABLE, uuid, "kind=two").code == 0


def check_refusal(home: Home) -> None:
    """What is refused ends with 1, in three parts."""
    home.call("record", "show", TABLE, "urn:uuid:gone").refused(1, "no record urn:uuid:gone")


def check_purge(home: Home) -> None:
    """Nothing is purged that nobody was asked about."""
    uuid = home.ask("record", "add", TABLE, "name=Given")["uuid"]
    with pytest.MonkeyPatch.context() as given:
        given.setattr(Elsewhere, "only_here", lambda self, held: [])  # as if another device had it
        home.call("purge", TABLE, uuid).refused(1, "nobody is here to be asked")
    assert shown(home, uuid)["label"] == "Given"


def check_erase(home: Home) -> None:
    """Nothing is erased that nobody was asked about."""
    uuid = home.ask("record", "add", TABLE, "name=Mariam")["uuid"]
    home.call("erase", TABLE, uuid).refused(1, "nobody is here to be asked")
    assert shown(home, uuid)["label"] == "Mariam"


def check_undo(home: Home) -> None:
    """What is taken back is what was named."""
    uuid = home.ask("record", "add", TABLE, "name=First")["uuid"]
    home.ask("record", "edit", TABLE, uuid, "name=Second")
    home.ask("record", "edit", TABLE, uuid, "status=open")
    renamed = next(one for one in home.ask("history", TABLE, uuid)["events"] if "Second" in one["text"])
    after = home.ask("undo", TABLE, uuid, renamed["version"])
    values = {name: field["value"] for name, field in after["strands"][0]["fields"].items()}
    assert values == {"name": "First", "status": "open"}


def check_take(home: Home) -> None:
    """Of two values the one that was named is taken."""
    uuid = conflict(home, "status")
    choices = shown(home, uuid)["strands"][0]["fields"]["status"]["choices"]  # type: ignore[index]
    wanted = next(one for one in choices if one["value"] == "two")
    after = home.ask("resolve", TABLE, uuid, "--take", wanted["version"])
    assert after["strands"][0]["fields"]["status"]["value"] == "two"


def check_edit(home: Home) -> None:
    """What was edited is there when it is asked for again."""
    uuid = home.ask("record", "add", TABLE, "name=First")["uuid"]
    home.ask("record", "edit", TABLE, uuid, "name=Second")
    assert shown(home, uuid)["label"] == "Second"


CHECKS: tuple[tuple[Callable[[Home], None], saboteurs.Sabotage], ...] = (
    (check_strand, saboteurs.decides_the_other_strand),
    (check_heads, saboteurs.forgets_the_heads),
    (check_reason, saboteurs.forgets_the_reason),
    (check_json, saboteurs.leaves_a_field_out_of_json),
    (check_open, saboteurs.says_done_for_open),
    (check_refusal, saboteurs.swallows_a_refusal),
    (check_purge, saboteurs.purges_without_asking),
    (check_erase, saboteurs.erases_without_asking),
    (check_undo, saboteurs.undoes_another_version),
    (check_take, saboteurs.takes_the_other_value),
    (check_edit, saboteurs.edits_without_looking),
)


@pytest.mark.parametrize(("check", "sabotage"), CHECKS, ids=[sabotage.__name__ for _, sabotage in CHECKS])
def test_a_command_holds_what_it_says_and_a_saboteur_is_caught(
    home: Home, monkeypatch: pytest.MonkeyPatch, check: Callable[[Home], None], sabotage: saboteurs.Sabotage
) -> None:
    check(home)
    sabotage(monkeypatch)
    with pytest.raises(AssertionError):
        check(home)


def test_there_are_enough_saboteurs() -> None:
    assert len(CHECKS) == len({sabotage for _, sabotage in CHECKS}) >= 8
