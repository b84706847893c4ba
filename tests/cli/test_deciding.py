"""Deciding without a terminal: what is shown to programs, every flag, and what is refused."""

from pathlib import Path
from typing import Any

from tests.cli.conflicted import TABLE, conflicted, contested, deleting, setting
from tests.cli.processes import Home, make_home
from tests.cli.terminal import at_terminal


def two_capacities(folder: Path, count: int = 1) -> tuple[Home, str]:
    home = conflicted(folder, count, mine=setting("capacity", lambda n: 100), yours=setting("capacity", lambda n: 95))
    return home, home.ask("record", "list", TABLE)[0]["uuid"]


def fields(record: dict[str, Any]) -> dict[str, Any]:
    [strand] = record["strands"]
    return {name: one["value"] for name, one in strand["fields"].items()}


def test_conflicts_shows_all_values_with_who_when_and_by_which_way(tmp_path: Path) -> None:
    home, uuid = two_capacities(tmp_path)
    [record] = home.ask("conflicts", "--table", TABLE, code=4)
    choices = record["strands"][0]["fields"]["capacity"]["choices"]
    assert {(one["value"], one["by"], one["way"]) for one in choices} == {(100, "Amina", "typed"), (95, "Bo", "typed")}
    assert all(one["made"] > 1_700_000_000_000 for one in choices)
    assert (record["is_undecided"], record["uuid"]) == (True, uuid)
    assert home.ask("conflicts", "--table", "org_office") == []
    drawn = home.call("conflicts")
    assert drawn.code == 4
    for one in choices:
        assert f"by {one['by']}, 20" in drawn.out
        assert one["version"] in drawn.out
    assert "Times are by each device's own clock." in drawn.out


def test_what_is_provisional_is_marked_in_lists_in_a_record_and_in_an_export(tmp_path: Path) -> None:
    home, uuid = two_capacities(tmp_path)
    listed = home.call("record", "list", TABLE)
    assert "School 00 ?\tconflict" in listed.out
    assert "? nobody has decided yet" in listed.err
    [row] = home.ask("record", "list", TABLE)
    assert (row["is_undecided"], sorted(row["alternatives"]["capacity"])) == (True, [95, 100])
    shown = home.call("record", "show", TABLE, uuid)
    assert shown.out.count("  ?") == 2
    for options in (("--format", "csv", "--table", TABLE), ("--format", "geojson"), ()):
        done = home.call("export", *options)
        assert "undecided" in done.out
        assert "1 record holds what nobody has decided yet" in done.err
    home.ask("resolve", TABLE, uuid, "capacity=1")
    assert home.call("export").err == ""
    assert "undecided" not in home.call("export").out
    assert " ?" not in home.call("record", "list", TABLE).out


def test_every_flag_decides_and_says_what_is_still_open(tmp_path: Path) -> None:
    home, _ = two_capacities(tmp_path, 4)
    uuids = [one["uuid"] for one in home.ask("record", "list", TABLE)]
    records = {one["uuid"]: one for one in home.ask("conflicts", code=4)}
    choices = {uuid: records[uuid]["strands"][0]["fields"]["capacity"]["choices"] for uuid in uuids}
    versions = {uuid: {one["by"]: one["version"] for one in given} for uuid, given in choices.items()}
    assert fields(home.ask("resolve", TABLE, uuids[0], "capacity=70", "--why", "counted"))["capacity"] == "70"
    taken = home.ask("resolve", TABLE, uuids[1], "--take", versions[uuids[1]]["Bo"], "--both", "capacity")
    assert fields(taken)["capacity"] == 95
    assert fields(taken)["comments"].startswith("capacity: 100 (Amina, 20")
    heads = [option for one in records[uuids[2]]["heads"] for option in ("--seen", one)]
    assert fields(home.ask("resolve", TABLE, uuids[2], "capacity=1", *heads))["capacity"] == "1"
    home.call("resolve", TABLE, uuids[2], "capacity=2").refused(1, "Nothing is open about this record")
    home.call("resolve", TABLE, uuids[3], "--both", "capacity").refused(1, "not which of them the field shows")
    home.call("resolve", TABLE, uuids[3], "--server", "ours").refused(1, "No server has gone back")
    home.call("resolve", TABLE, uuids[3], "--take", versions[uuids[1]]["Bo"]).refused(1, "gives no value that is open")
    home.call("resolve", TABLE, uuids[3], "capacity=1", "--seen", versions[uuids[1]]["Bo"]).refused(1, "is not here")
    home.call("resolve", "", "", "capacity=1").refused(2, "not said which record")
    assert [one["uuid"] for one in home.ask("conflicts", code=4)] == [uuids[3]]
    done = home.call("resolve", TABLE, uuids[3], "capacity=1")
    assert "Decided: School" in done.out


def test_deleted_and_edited_is_decided_by_a_flag(tmp_path: Path) -> None:
    home = conflicted(tmp_path, 2, mine=deleting, yours=setting("capacity", lambda n: n))
    kept, gone = (one["uuid"] for one in home.ask("conflicts", code=4))
    home.call("resolve", TABLE, kept, "--keep", "--delete").refused(2, "cannot be kept and deleted")
    assert home.ask("resolve", TABLE, kept, "--keep")["flags"] == []
    done = home.call("resolve", TABLE, gone, "--delete")
    assert "State: deleted" in done.out
    assert "pen: " not in done.out
    assert home.ask("record", "show", TABLE, gone)["flags"] == ["deleted"]
    assert home.ask("conflicts") == []


def test_strands_are_decided_by_flags(tmp_path: Path) -> None:
    home = contested(tmp_path, owned="Well", other="Pump")
    [record] = home.ask("conflicts", code=4)
    names = {one["fields"]["name"]["value"]: one["id"] for one in record["strands"]}
    assert record["keeper"] == names["Well"]
    uuid = record["uuid"]
    home.call("resolve", TABLE, uuid, "--different").refused(2, "not said which strand keeps")
    home.call("resolve", TABLE, uuid, "--different", "--same").refused(2, "cannot be the same and different")
    home.call("resolve", TABLE, uuid, "--keeps", names["Well"]).refused(2, "Say --different")
    home.call("resolve", TABLE, uuid, "--same", "name=Well").refused(2, "decided by itself")
    joined = home.ask("resolve", TABLE, uuid, "--same", code=4)
    assert joined["flags"] == ["conflict"]
    decision = home.ask("history", TABLE, uuid)["events"][-1]
    assert decision["text"].startswith("Amina decided that these are one record: ")
    assert home.ask("undo", TABLE, uuid, decision["version"], code=4)["flags"] == ["identity conflict"]
    assert home.ask("resolve", TABLE, uuid, "--different", "--keeps", names["Well"])["label"] == "Well"
    assert sorted(one["label"] for one in home.ask("record", "list", TABLE)) == ["Pump", "Well"]


def test_a_history_is_told_and_one_thing_in_it_undone(tmp_path: Path) -> None:
    home, uuid = two_capacities(tmp_path)
    home.ask("resolve", TABLE, uuid, "capacity=100", "--why", "counted today")
    told = home.call("history", TABLE, uuid).out
    assert "Amina added it" in told
    assert "Bo set capacity to 95" in told
    assert "Amina chose capacity 100 over 95 by Bo, because counted today" in told
    home.spawn("undo", TABLE, uuid).refused(2, "not said what to undo")
    with at_terminal(home.words("undo", TABLE, uuid)) as terminal:
        terminal.read_next(r"1 {2}\d{4}-.* Amina chose capacity 100 over 95 by Bo")
        terminal.read_next(r"Undo which\? \[1 / q\] $")  # the two values before it were replaced by it
        terminal.type("")
        terminal.read_next(r"Undo which\?")
        terminal.type("1")
        assert terminal.end() == 4
        assert "Undone, in School 00." in terminal.text
        assert "Open: conflict" in terminal.text
    assert "undone by Amina" in home.call("history", TABLE, uuid).out
    with at_terminal(home.words("undo", TABLE, uuid)) as terminal:
        terminal.read_next(r"Undo which\?")
        terminal.type("q")
        assert terminal.end() == 2
    home.call("undo", TABLE, uuid, "v-zzz").refused(1, "has no change 'v-zzz'")
    assert len(home.ask("history", TABLE, uuid)["events"]) == 5


def test_nothing_open_is_said_so(tmp_path: Path) -> None:
    home = make_home(tmp_path, "Amina")
    home.ask("record", "add", TABLE, "name=Arena")
    assert "There is nothing to decide." in home.call("conflicts").out
    with at_terminal(home.words("resolve")) as terminal:
        assert terminal.end() == 0
        assert "There is nothing to decide." in terminal.text
