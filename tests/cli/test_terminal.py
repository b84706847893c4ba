"""At a terminal: passphrases are typed unseen, codes are large, questions have no default, tables are drawn."""

import re
import signal
from pathlib import Path

from edenmesh.cli.drawing.digits import big_digits
from tests.cli.processes import COMMAND, Home, make_home
from tests.cli.terminal import Terminal, at_terminal

ANNOUNCE_ON_LOOPBACK = ("--announce-on", "127.0.0.1")


def typed(home: Home, *words: str) -> list[str]:
    """A command whose passphrase will be typed."""
    return [*COMMAND, *words, "--home", str(home.path)]


def unlock(terminal: Terminal, home: Home) -> None:
    terminal.read("Passphrase: $")
    terminal.type(home.passphrase.read_text().strip())


def test_two_people_pair_at_their_terminals(tmp_path: Path) -> None:
    ada, ben = Home(tmp_path, "Ada"), make_home(tmp_path, "Ben")
    with at_terminal(typed(ada, "init", "--name", "Ada")) as terminal:
        terminal.read("Choose a passphrase: $")
        terminal.type("Ada only")
        terminal.read("once more: $")
        terminal.type("Ada only")
        terminal.read("Ada is ready in")
        assert terminal.end() == 0
        assert "Ada only" not in terminal.text

    with at_terminal(typed(ada, "visible", "--host", "127.0.0.1", *ANNOUNCE_ON_LOOPBACK)) as here:
        unlock(here, ada)
        call_sign = here.read(r"Others see this device as[^│]*│\s*│\s*│\s*(.*?)\s*│")[1]
        assert call_sign == call_sign.upper()
        address = here.read(r"Address: (127\.0\.0\.1:\d+)")[1]
        here.read("█ ▄▄▄▄▄ █")  # the finder of a QR code
        here.read("Waiting for another device")
        with at_terminal(typed(ben, "pair", address, "--no-announce")) as there:
            unlock(there, ben)
            code = there.read(r"Code: (\d{3} \d{3})\s")[1]
            assert here.read(r"Code: (\d{3} \d{3})\s")[1] == code
            assert all(line in there.text for line in big_digits(code).splitlines())
            there.read("This device joins the team of Ada")
            for terminal in (here, there):
                terminal.read(rf"Do both screens show {code}\? \[yes/no\] $")
                terminal.type("")
                terminal.type("y")
                terminal.read(rf"(?s)(Do both screens show {code}.*){{3}}")
                terminal.type("yes")
            assert (here.end(), there.end()) == (0, 0)
        assert "Paired. Ben is now in your team." in here.text
        assert "Paired. This device is now in the team of Ada." in there.text


def test_who_runs_a_device_at_a_terminal_is_asked_there(tmp_path: Path) -> None:
    ada, ben = make_home(tmp_path, "Ada"), make_home(tmp_path, "Ben")
    ben.ask("record", "add", "cr_shelter", "name=Arena")
    with at_terminal(ada.words("run", "--host", "127.0.0.1", "--no-announce")) as running:
        ada.port = int(running.read(r"Ada listens on port (\d+)")[1])
        address = f"127.0.0.1:{ada.port}"
        shown = ada.call("visible", "--minutes", "1")
        assert f"Address: {address}" in shown.out
        with ben.talk("pair", address, "--no-announce") as dialling:
            dialling.answer(running.read(r"Do both screens show (\d{3} \d{3})\? \[yes/no\] $")[1])
            running.type("yes")
            assert dialling.end().code == 0
        running.read("Paired. Ben is now in your team.")
        with at_terminal(ben.words("sync", "Ada", "--address", address, "--no-announce")) as syncing:
            assert syncing.end() == 0
            assert re.search(r"Ada: given ━+ \d+/\d+", syncing.text), syncing.text
            assert "Ada: everything is on both devices." in syncing.text
        running.read("Ben: everything is on both devices.")
        running.process.send_signal(signal.SIGINT)
        assert running.end() == 0
        assert "Stopped." in running.text
    assert [one["label"] for one in ada.ask("record", "list", "cr_shelter")] == ["Arena"]


def test_a_question_for_the_passphrase_can_be_left(tmp_path: Path) -> None:
    home = make_home(tmp_path, "Ada")
    with at_terminal(typed(home, "status")) as terminal:
        terminal.read("Passphrase: $")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == 130
        assert "Interrupted." in terminal.text


def test_figures_are_drawn_as_bars_and_tables_at_a_terminal(tmp_path: Path) -> None:
    home = make_home(tmp_path, "Ada")
    home.ask("record", "add", "cr_shelter", "name=Arena")
    with at_terminal(home.words("record", "list")) as terminal:
        terminal.read(r"cr_shelter\s+1")
        assert terminal.end() == 0
        assert "\x1b[1m" in terminal.raw
    with at_terminal(home.words("record", "show", "cr_shelter", "gone")) as terminal:
        terminal.read("What to do   : ")
        assert terminal.end() == 1
        assert "\x1b[1;31m" in terminal.raw
