"""Two teams of two at the command line: guests pair, one shares a table, a steward of the other accepts it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.cli.processes import Done, Home, make_home, pair


@dataclass(frozen=True)
class Teams:
    """Ada and Ben are one team, Cleo and Dan the other; all but Dan run in processes of their own."""

    ada: Home
    ben: Home
    cleo: Home
    dan: Home
    sentence: str

    def sync(self, ours: Home, theirs: Home) -> Done:
        return ours.call("sync", theirs.name, "--address", f"127.0.0.1:{theirs.port}", "--no-announce")


@pytest.fixture(scope="module")
def teams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teams]:
    folder = tmp_path_factory.mktemp("teams")
    ada, ben, cleo, dan = (make_home(folder, name) for name in ("Ada", "Ben", "Cleo", "Dan"))
    with ExitStack() as stack:
        for home in (ada, cleo, dan):
            stack.enter_context(home.running())
        pair(ada, ben)
        stack.enter_context(ben.running())
        pair(cleo, dan)
        here, _ = pair(ada, cleo)
        yield Teams(ada, ben, cleo, dan, here["sentence"])


def labels(home: Home, table: str) -> list[str]:
    done = home.call("record", "list", table, "--json")
    return sorted(one["label"] for one in done.json) if done.code == 0 else []


def test_guests_pair_share_accept_and_part(teams: Teams) -> None:
    ada, ben, cleo, dan = teams.ada, teams.ben, teams.cleo, teams.dan
    assert teams.sentence.startswith("Cleo is of another team: 2 members")
    assert {one["name"] for one in cleo.ask("mesh")} == {"Cleo", "Dan"}
    (guest,) = [one for one in ada.ask("peers") if one["name"] == "Cleo"]
    assert (guest["is_guest"], guest["is_member"], guest["shares"]) == (True, False, [])
    assert "guest, is given nothing" in " ".join(ada.call("peers").out.split())

    for name in ("Arena", "School"):
        ben.ask("record", "add", "cr_shelter", f"name={name}")
    ben.ask("record", "add", "pr_person", "first_name=Nobody")
    assert teams.sync(ben, ada).code == 0
    done = teams.sync(cleo, ada)
    assert done.code == 0, done
    assert "Ada, a guest: nothing is shared with Ada." in done.out
    assert "everything" not in done.out
    assert cleo.ask("quarantine", "list")["pen"] == []

    done = ada.call("share", "Cleo", "cr_shelter")
    assert (done.code, done.out) == (0, "Cleo is given cr_shelter.\n")
    ada.call("share", "Ben", "cr_shelter").refused(1, "Ben is no guest")
    done = teams.sync(cleo, ada)
    assert done.code == 0, done
    assert "2 changes are of Ada in the pen here, without effect until a steward accepts" in done.out
    assert labels(cleo, "cr_shelter") == []
    listed = cleo.call("quarantine", "list").out
    assert "Guest Ada: 2 handed in" in listed
    assert "Arena" in listed
    assert "Nobody" not in listed
    (pen,) = cleo.ask("quarantine", "list")["pen"]

    # Only a steward of the other team lets it count; then it goes to everybody there, and persons still nowhere.
    assert cleo.call("quarantine", "accept", pen["author"][:12], "--yes").code == 0
    assert labels(cleo, "cr_shelter") == ["Arena", "School"]
    assert teams.sync(dan, cleo).code == 0
    assert labels(dan, "cr_shelter") == ["Arena", "School"]
    assert labels(dan, "pr_person") == labels(cleo, "pr_person") == []
    assert [one["name"] for one in dan.ask("peers") if one["is_guest"]] == []

    assert ada.call("share", "Cleo", "--nothing").out == "Cleo is given nothing.\n"
    ada.call("share", "Cleo", "--nothing", "--all").refused(2, "exclude each other")
    assert ada.call("revoke", "Cleo", "--yes").code == 0
    assert [one["name"] for one in ada.ask("peers")] == ["Ben"]
    assert teams.sync(cleo, ada).code != 0
