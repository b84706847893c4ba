"""One person settles what is open at a terminal, without typing ids; nothing is chosen that was not typed."""

import json
from pathlib import Path
from typing import Any

from edenmesh.node import Device
from edenmesh.standin import StandinServer
from tests.cli.conflicted import TABLE, conflicted, contested, deleting, set_back, setting
from tests.cli.processes import Home
from tests.cli.terminal import Terminal, at_terminal
from tests.forms import CAPACITY, units_form
from tests.node.gateway import Ticking


def fields(home: Home) -> dict[str, dict[str, Any]]:
    """By label, the fields of all records."""
    rows = home.ask("record", "list", TABLE, "--all")
    return {row["label"]: row["fields"] for row in rows}


def answer(terminal: Terminal, question: str, *typed: str) -> None:
    """Wait for a question that was not answered yet, then type."""
    for text in typed:
        terminal.read_next(question)
        terminal.type(text)


def test_twenty_conflicts_in_a_row_are_settled_without_an_id(tmp_path: Path) -> None:
    home = conflicted(tmp_path, 20, mine=setting("capacity", lambda n: 100 + n), yours=setting("capacity", lambda n: n))
    with at_terminal(home.words("resolve")) as terminal:
        for number in range(20):
            found = terminal.read_next(rf"{number + 1} of 20: (School \d\d)(?s:.*?)\n  (\d)  \d+ +by Bo")
            terminal.read_next(r"Which is right\? \[1 / 2")
            terminal.type(found[2])
        assert terminal.end() == 0, terminal.text
        assert "20 decisions made; nothing is open any more." in terminal.text
        assert "urn:uuid" not in terminal.text
        assert "v-" not in terminal.text
    assert home.ask("conflicts") == []
    assert {label: one["capacity"] for label, one in fields(home).items()} == {
        f"School {number:02}": number for number in range(20)
    }


def test_nothing_is_decided_by_an_empty_line_a_wrong_one_or_the_end(tmp_path: Path) -> None:
    home = conflicted(tmp_path, 2, mine=setting("capacity", lambda n: 1), yours=setting("capacity", lambda n: 2))
    before = home.ask("conflicts", code=4)
    for ending in ("q", "\x04"):
        with at_terminal(home.words("resolve")) as terminal:
            answer(terminal, r"Which is right\?", "", "3", "yes", "v-", "1 2")
            terminal.read_next(r"Which is right\?")
            terminal.type(ending)
            assert terminal.end() == 4
            assert "0 decisions made; 2 still open." in terminal.text
    done = home.spawn("resolve", text="1\n1\n")
    done.refused(2, "no terminal to ask at")
    assert home.ask("conflicts", code=4) == before


def test_another_value_both_in_a_note_history_and_skipping(tmp_path: Path) -> None:
    home = conflicted(
        tmp_path, 4, form=CAPACITY, mine=setting("capacity", lambda n: 100), yours=setting("capacity", lambda n: 95)
    )
    with at_terminal(home.words("resolve", "--why", "counted today")) as terminal:
        answer(terminal, r"Which is right\?", "v")
        answer(terminal, r"capacity: $", "many")
        terminal.read_next("The field capacity cannot take this")
        answer(terminal, r"Which is right\?", "v")
        answer(terminal, r"capacity: $", "")  # back to the choice
        answer(terminal, r"Which is right\?", "v")
        answer(terminal, r"capacity: $", "130")
        terminal.read_next("2 of 4")
        bo = terminal.read_next(r"(\d)  95 +by Bo, \d{4}-\d\d-\d\d")[1]
        answer(terminal, r"Which is right\?", "b")
        answer(terminal, r"Which stays in the field\?", "back")
        answer(terminal, r"Which is right\?", "b")
        answer(terminal, r"Which stays in the field\?", bo)
        terminal.read_next("3 of 4")
        answer(terminal, r"Which is right\?", "h")
        terminal.read_next("Amina added it")
        terminal.read_next("Bo set capacity to 95")
        answer(terminal, r"Which is right\?", "s")
        terminal.read_next("Left open.")
        terminal.read_next("4 of 4")
        answer(terminal, r"Which is right\?", "q")
        assert terminal.end() == 4
        assert "2 decisions made; 2 still open." in terminal.text
    shown = fields(home)
    decided = [one for one in shown.values() if one["capacity"] not in (95, 100)]
    assert [one["capacity"] for one in decided] == [130]
    [noted] = [one for one in shown.values() if "comments" in one]
    assert noted["capacity"] == 95
    assert noted["comments"].startswith("capacity: 100 (Amina, 20")
    assert len(home.ask("conflicts", code=4)) == 2


def test_one_answer_for_all_alike_is_asked_once_more(tmp_path: Path) -> None:
    home = conflicted(tmp_path, 5, mine=setting("capacity", lambda n: 100 + n), yours=setting("capacity", lambda n: n))
    with at_terminal(home.words("resolve")) as terminal:
        answer(terminal, r"a same for all 5 alike", "a")
        numbers = dict(one.split(" ")[::-1] for one in terminal.read_next(r"\[(\d \w+'s, \d \w+'s)")[1].split(", "))
        terminal.type(numbers["Bo's"])
        terminal.read_next(r"School 04: 4")
        answer(terminal, r"Bo's for capacity in all 5 records\? \[yes/no\]", "", "no")
        answer(terminal, r"a same for all 5 alike", "a")
        terminal.read_next(r"Which for all 5\?")
        terminal.type(numbers["Bo's"])
        answer(terminal, r"in all 5 records\? \[yes/no\]", "yes")
        assert terminal.end() == 0
        assert "5 decisions made; nothing is open any more." in terminal.text
    assert [one["capacity"] for one in fields(home).values()] == [0, 1, 2, 3, 4]


def test_deleted_and_edited_is_kept_or_deleted_and_may_be_answered_alike(tmp_path: Path) -> None:
    home = conflicted(tmp_path, 4, mine=deleting, yours=setting("capacity", lambda n: n))
    with at_terminal(home.words("resolve")) as terminal:
        terminal.read_next(r"Deleted by Amina, \d{4}.*\n.*Edited by Bo")
        answer(terminal, r"Keep it\?", "keep", "1")
        answer(terminal, r"a same for all 3 alike", "a")
        answer(terminal, r"Which for all 3\?", "2")
        answer(terminal, r"delete it for all for deleted and edited in all 3 records\? \[yes/no\]", "yes")
        assert terminal.end() == 0
    assert len(home.ask("record", "list", TABLE)) == 1
    assert len(home.ask("record", "list", TABLE, "--deleted")) == 4


def test_a_unit_is_one_choice_and_a_protective_field_says_what_is_shown_meanwhile(tmp_path: Path) -> None:
    def mine(device: Device, uuid: str, _number: int) -> None:
        device.edit(TABLE, uuid, {"lat": 2, "lon": 2, "consent": "yes"})

    def yours(device: Device, uuid: str, _number: int) -> None:
        device.edit(TABLE, uuid, {"lat": 3, "lon": 4, "consent": "no"})

    home = conflicted(tmp_path, 1, form=units_form(), mine=mine, yours=yours)
    with at_terminal(home.words("resolve")) as terminal:
        terminal.read_next(r"consent:\s+Until this is decided, the most restrictive value is shown\.\s+1 {2}no ")
        answer(terminal, r"Which is right\?", "2")
        terminal.read_next(r"lat, lon \(decided as one\):")
        bo = terminal.read_next(r"(\d) {2}3, 4 +by Bo")[1]
        answer(terminal, r"Which is right\?", bo)
        assert terminal.end() == 0
    [shown] = fields(home).values()
    assert {name: shown[name] for name in ("lat", "lon", "consent")} == {"lat": "3", "lon": "4", "consent": "yes"}


def test_strands_are_shown_whole_and_the_offered_one_is_never_taken_without_its_number(tmp_path: Path) -> None:
    home = contested(tmp_path, owned="Well", other="Pump")
    with at_terminal(home.words("resolve")) as terminal:
        terminal.read_next(r"name {2}\* ")
        offered = terminal.read_next(r"(\d) {2}begun by Amina, \d.*; it is offered to keep the uuid")[1]
        answer(terminal, r"One thing, or different\?", "", "1", "different")
        terminal.read_next(rf"Which keeps the uuid\?.*\[{offered} \(offered\) / \d / back\]")
        terminal.type("")
        answer(terminal, r"Which keeps the uuid\?", "back")
        answer(terminal, r"One thing, or different\?", "h")
        terminal.read_next("added another record under this uuid .Pump.")
        answer(terminal, r"One thing, or different\?", "different")
        answer(terminal, r"Which keeps the uuid\?", "2" if offered == "1" else "1")
        assert terminal.end() == 0, terminal.text
    assert sorted(one["label"] for one in home.ask("record", "list", TABLE)) == ["Pump", "Well"]
    assert len({one["uuid"] for one in home.ask("record", "list", TABLE)}) == 2


def test_strands_that_are_one_thing_go_on_to_their_fields(tmp_path: Path) -> None:
    home = contested(tmp_path, owned="Well", other="Pump")
    with at_terminal(home.words("resolve")) as terminal:
        answer(terminal, r"One thing, or different\?", "same")
        terminal.read_next(r"Decided\.")
        pump = terminal.read_next(r"(\d) {2}Pump +by Amina")[1]
        answer(terminal, r"Which is right\?", pump)
        assert terminal.end() == 0
    assert [one["label"] for one in home.ask("record", "list", TABLE)] == ["Pump"]


def test_questions_of_one_server_are_answered_together(tmp_path: Path) -> None:
    with StandinServer(clock=Ticking()) as server:
        home = set_back(tmp_path, server, 3)
        with at_terminal(home.words("resolve")) as terminal:
            terminal.read_next(r"server shows an older state of this record \(seen by Amina, \d")
            terminal.read_next(r"name: First \d there, Second \d here")
            terminal.read_next(r"1 {2}send it again, as it is here\s+2 {2}take the server's older values")
            answer(terminal, r"a same for all 3 alike", "a")
            answer(terminal, r"Which for all 3\?", "1")
            answer(terminal, r"send it again, as it is here for server gone back in all 3 records\?", "yes")
            assert terminal.end() == 0
        assert home.ask("conflicts") == []
        delivered = home.call("deliver", "--json")
        assert (delivered.code, json.loads(delivered.out.splitlines()[-1])["result"]["owed_total"]) == (0, 0)
        assert {f"Second {number}" for number in range(3)} == {
            one["label"] for one in home.ask("record", "list", "org_organisation")
        }
