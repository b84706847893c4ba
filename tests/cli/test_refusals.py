"""What is refused is refused in three sentences and by a code, and costs nothing: no record, no form, no session."""

import fcntl
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edenmesh.store.keys import make_key, wrap_key
from tests.cli.processes import COMMAND, QUICK, Home, call, make_home, spawn
from tests.forms import BEDS


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A device that is opened by each command, with one form and one record, which is still all it has at the end."""
    folder = tmp_path_factory.mktemp("kiosk")
    home = make_home(folder, "Kiosk")
    (folder / "form.toml").write_bytes(BEDS)
    assert home.ask("form", "add", str(folder / "form.toml"))["table"] == "cr_shelter"
    home.ask("record", "add", "cr_shelter", "name=Arena", "beds=12")
    yield home
    assert [one["fields"] for one in home.ask("record", "list", "cr_shelter", "--deleted")] == [
        {"name": "Arena", "beds": 12}
    ]
    assert [one["table"] for one in home.ask("form", "list")] == ["cr_shelter"]


@pytest.fixture(scope="module")
def running(kiosk: Home) -> Iterator[Home]:
    """The same device, running, so that what is refused is refused by another process, which goes on."""
    with kiosk.running():
        yield kiosk


@pytest.fixture(autouse=True)
def nobody_there() -> None:
    """No test here may wait for a person: standard input is no terminal, and holds nothing."""
    assert not sys.stdin.isatty()


def test_a_wrong_passphrase_opens_nothing(kiosk: Home, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("guess\n")
    wrong.chmod(0o600)
    done = call(["status", "--home", str(kiosk.path), "--passphrase-file", str(wrong)])
    done.refused(1, "passphrase is not the one of this store", "left as it is")


def test_without_a_terminal_the_passphrase_must_come_from_a_file(kiosk: Home) -> None:
    done = spawn([*COMMAND, "status", "--home", str(kiosk.path)])
    done.refused(2, "no terminal to ask", "--passphrase-file", "--passphrase-fd")


def test_a_passphrase_file_that_holds_none_is_named(kiosk: Home, tmp_path: Path) -> None:
    (tmp_path / "empty").touch(mode=0o600)
    words = ("status", "--home", str(kiosk.path), "--passphrase-file")
    call([*words, str(tmp_path / "empty")]).refused(2, "holds no passphrase", "first line")
    call([*words, str(tmp_path / "gone")]).refused(2, "cannot be read")


def test_a_device_without_a_passphrase_asks_nobody_and_another_cannot_do_without(kiosk: Home, tmp_path: Path) -> None:
    place = ["--home", str(tmp_path / "open")]
    made = spawn([*COMMAND, "init", "--name", "Open", "--no-passphrase", *place])
    assert (made.code, made.err) == (0, "")
    assert "whoever has this machine in hand can read everything" in made.out
    assert spawn([*COMMAND, "status", "--json", *place]).json["name"] == "Open"
    spawn([*COMMAND, "status", "--home", str(kiosk.path)]).refused(2, "locked by a passphrase", "--passphrase-file")


def test_a_folder_without_a_store_is_said_before_a_passphrase_is_asked_for(tmp_path: Path) -> None:
    call(["status", "--home", str(tmp_path / "none")]).refused(1, "There is no store in", "edenmesh init")
    assert not (tmp_path / "none").exists()


def test_a_second_device_in_one_folder_is_refused(kiosk: Home) -> None:
    kiosk.call("init", "--name", "Other").refused(2, "There is a store", "--home")


def test_a_store_that_another_process_holds_is_left_to_it(kiosk: Home) -> None:
    with (kiosk.path / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kiosk.call("status").refused(1, "has the store in", "wait until it is done")


def test_a_store_of_a_newer_program_is_left_alone(kiosk: Home) -> None:
    key = kiosk.path / "key"
    ours = key.read_bytes()
    passphrase = kiosk.passphrase.read_text().strip()
    key.write_bytes(wrap_key(make_key("cipher-of-2031", os.urandom), passphrase, os.urandom, QUICK))
    try:
        kiosk.call("status").refused(1, "Update edenmesh")
    finally:
        key.write_bytes(ours)
    assert kiosk.ask("status")["records"] == 1


def test_a_damaged_store_is_said_to_be_so(tmp_path: Path) -> None:
    home = make_home(tmp_path, "Torn")
    (home.path / "store.db").write_bytes(b"not a database")
    home.call("status").refused(1, "store.db")
    assert (home.path / "store.db").read_bytes() == b"not a database"


def test_a_port_in_use_is_named(kiosk: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = kiosk.spawn("run", "--host", "127.0.0.1", "--port", str(port), "--no-announce")
        done.refused(1, str(port))


@pytest.mark.parametrize(
    "document", ["", "{", '{"$_cr_shelter": [{"name": "To', "[1, 2]", "<html>Sorry</html>", "\x00"]
)
def test_a_broken_document_imports_nothing(running: Home, tmp_path: Path, document: str) -> None:
    file = tmp_path / "broken.s3json"
    file.write_text(document)
    running.call("import", str(file)).refused(1, "Nothing was changed")


def test_a_document_that_is_no_text_imports_nothing(running: Home, tmp_path: Path) -> None:
    file = tmp_path / "binary.s3json"
    file.write_bytes(b"\xff\xfe\x00")
    running.call("import", str(file)).refused(1, "not UTF-8 text")


def test_a_broken_row_is_listed_and_costs_no_other(kiosk: Home, tmp_path: Path) -> None:
    other = make_home(tmp_path, "Other")
    rows = [{"@uuid": "urn:uuid:1", "name": "good"}, "not a row", {"@uuid": "urn:uuid:2", "name": "good, too"}]
    file = tmp_path / "rows.s3json"
    file.write_text(json.dumps({"$_org_organisation": rows}))
    done = other.call("import", str(file))
    assert done.code == 3, done
    assert "2 changes written" in done.out
    assert "Not as it should be: " in done.err
    assert {one["label"] for one in other.ask("record", "list", "org_organisation")} == {"good", "good, too"}


@pytest.mark.parametrize("text", ["table = ", 'format = 1\ntable = "cr_shelter"\n[[feild]]\nname = "x"\n'])
def test_a_broken_form_is_not_added(running: Home, tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.toml"
    file.write_text(text)
    running.call("form", "add", str(file)).refused(1, "Nothing was changed")


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (("record", "add", "cr_shelter", "beds=many"), 1, "beds"),
        (("record", "add", "cr_shelter", "name"), 2, "FIELD=VALUE"),
        (("record", "add", "cr_shelter", "name=a", "name=b"), 2, "given twice"),
        (("record", "add", "cr_shelter", "name:={"), 2, "not JSON"),
        (("record", "add", "cr_shelter", "photo=@/nonexistent/roof.jpg"), 2, "cannot be read"),
        (("record", "add", "cr_shelter"), 1, "at least one value"),
        (("record", "edit", "cr_shelter", "urn"), 2, "No value was given"),
        (("record", "show", "cr_shelter", "urn:uuid:gone"), 1, "no record urn:uuid:gone"),
        (("record", "retract", "no_table", "urn"), 1, "no record"),
        (("resolve", "cr_shelter", "urn", "beds=3"), 1, "Nothing is open"),
        (("conflict",), 2, "No such command"),
        (("pair",), 2, "Missing argument"),
        (("pair", "no such call-sign"), 1, "visible nearby"),
        (("pair", "127.0.0.1:1"), 1, "Nothing was sent"),
        (("pair", "127.0.0.1"), 1, "edenmesh nearby"),
        (("pair", "EM1:AAAA"), 1, "pairing code"),
        (("allow", "Nobody"), 1, "No device here is called Nobody"),
        (("revoke", "Nobody", "--yes"), 1, "No device here is called Nobody"),
        (("sync",), 1, "no peer to sync with"),
        (("sync", "Nobody"), 1, "No device here is called Nobody"),
        (("sync", "--address", "127.0.0.1:1"), 2, "whose it is"),
        (("visible", "--minutes", "0"), 2, "0.0"),
        (("import", "/nonexistent/file"), 2, "cannot be read"),
        (("export", "--format", "xml"), 2, "xml"),
        (("export", "-o", "/nonexistent/file"), 2, "cannot be written"),
        (("run", "--no-announce"), 1, "running in"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_makes_no_sense_is_refused(running: Home, words: tuple[str, ...], code: int, part: str) -> None:
    running.call(*words).refused(code, part)


def test_for_programs_an_error_is_json_on_standard_error(running: Home) -> None:
    done = running.call("record", "show", "cr_shelter", "gone", "--json")
    assert (done.code, done.out) == (1, "")
    error = json.loads(done.err)
    assert error["error"] == "InvalidInput"
    assert all(error[part] for part in ("what", "kept", "do"))


def test_what_others_wrote_cannot_move_the_cursor(tmp_path: Path) -> None:
    home = make_home(tmp_path, "Calm")
    home.ask("record", "add", "cr_shelter", "name=\x1b[2Jgone\u202e\x9b31m")
    shown = home.call("record", "list", "cr_shelter")
    assert "gone" in shown.out
    assert not any(char in shown.out for char in "\x1b\u202e\x9b")


def test_a_passphrase_may_come_from_a_descriptor(kiosk: Home) -> None:
    read, write = os.pipe()
    os.write(write, kiosk.passphrase.read_bytes())
    os.close(write)
    words = ["status", "--json", "--home", str(kiosk.path), "--passphrase-fd", str(read)]
    try:
        done = call(words)
    finally:
        os.close(read)
    assert done.json["name"] == "Kiosk", done


def test_who_is_interrupted_ends_with_130_and_leaves_the_store_to_the_next(tmp_path: Path) -> None:
    home = make_home(tmp_path, "Brief")
    for number in (signal.SIGINT, signal.SIGTERM):
        with home.talk("visible", "--wait", "--host", "127.0.0.1", "--no-announce") as waiting:
            waiting.hear("port")
            waiting.process.send_signal(number)
            done = waiting.end()
        assert done.code == 130, done
        assert "Interrupted" in done.err
        assert not (home.path / "socket").exists()
    assert home.ask("status")["name"] == "Brief"


def test_who_leaves_the_question_open_has_said_no(running: Home, tmp_path: Path) -> None:
    guest = make_home(tmp_path, "Guest")
    with running.talk("visible", "--wait", "--minutes", "0.5") as waiting:
        address = f"127.0.0.1:{waiting.hear('port')}"
        with guest.talk("pair", address, "--no-announce") as dialling:
            assert dialling.hear("code")["code"] == waiting.hear("code")["code"]
            dialling.process.send_signal(signal.SIGINT)
            assert dialling.end().code == 130
        waiting.process.send_signal(signal.SIGINT)
        done = waiting.end()
    assert done.code == 130
    assert json.loads(done.err.splitlines()[-2])["error"] == "PairingFailed", done.err
    assert len(running.ask("mesh")) == 1
