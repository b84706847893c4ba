"""The menu entry and the unit: written where they belong, named by whole paths, taken away again, and nothing else."""

import os
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from edenmesh.cli.commands.desktop import desktop_files, desktop_places, program
from edenmesh.errors import InvalidInput
from tests.cli.processes import call

ODD = '/odd "folder"/100%/$HOME/back\\slash/`tick`'
"""A path with everything that a menu entry or a unit reads as something else."""


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    environ = {"XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    for name, folder in environ.items():
        monkeypatch.setenv(name, folder)
    return desktop_places(environ)


def entry_of(path: Path) -> ConfigParser:
    parser = ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign] # keys are read as they are written
    parser.read_string(path.read_text())
    return parser


def complaints_of(path: Path, tool: str, *words: str) -> str:
    """What the system's own checker says of a file; nothing where it is not installed."""
    if shutil.which(tool) is None:
        return ""
    environ = {**os.environ, "XDG_RUNTIME_DIR": str(path.parent)}
    done = subprocess.run([tool, *words, str(path)], env=environ, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_what_is_installed_starts_this_program_and_is_removed_again(places: dict[str, Path], tmp_path: Path) -> None:
    home, passphrase = tmp_path / "my device", tmp_path / "secret"
    words = ["--home", str(home), "--passphrase-file", str(passphrase)]
    done = call(["desktop", "--install", *words])
    assert (done.code, done.err) == (0, ""), done
    assert all(str(path) in done.out for path in places.values())
    command = " ".join(f'"{word}"' for word in program())
    entry = entry_of(places["edenmesh.desktop"])["Desktop Entry"]
    assert entry["Exec"] == f'{command} "start" "--home" "{home}"'
    assert (entry["Type"], entry["Icon"]) == ("Application", places["edenmesh.svg"].stem)
    unit = entry_of(places["edenmesh.service"])
    assert unit["Service"]["ExecStart"] == f'{command} "run" "--home" "{home}" "--passphrase-file" "{passphrase}"'
    assert unit["Unit"]["ConditionPathExists"] == str(passphrase)
    assert complaints_of(places["edenmesh.desktop"], "desktop-file-validate") == ""
    assert complaints_of(places["edenmesh.service"], "systemd-analyze", "verify", "--user") == ""
    assert call(["desktop", "--install", *words]).code == 0, "a second time is no error"
    assert call(["desktop", "--remove", *words]).code == 0
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert "nothing to remove" in call(["desktop", "--remove"]).out


def test_what_somebody_else_wrote_is_left_alone(places: dict[str, Path]) -> None:
    unit = places["edenmesh.service"]
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=mine\n")
    for way in ("--install", "--remove"):
        call(["desktop", way]).refused(1, str(unit), "Nothing was changed.")
    assert unit.read_text() == "[Service]\nExecStart=mine\n"
    assert not places["edenmesh.desktop"].exists()


def test_without_a_way_it_says_which_there_are(places: dict[str, Path]) -> None:
    call(["desktop"]).refused(2, "--install", "--remove")
    assert not any(path.exists() for path in places.values())


def test_an_odd_path_is_one_word_to_the_menu_and_to_systemd(tmp_path: Path) -> None:
    script = tmp_path / "a folder, 100%" / "edenmesh"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    texts = desktop_files([str(script)], home=Path(ODD), passphrase=Path(ODD) / "p")
    # By the Desktop Entry Specification: the value is unescaped first, then the quotes, then the field codes.
    for_menu = ODD.replace("\\", "\\\\").replace('"', '\\"').replace("`", "\\`").replace("$", "\\$")
    for_menu = for_menu.replace("\\", "\\\\").replace("%", "%%")
    assert f'/a folder, 100%%/edenmesh" "start" "--home" "{for_menu}"\n' in texts["edenmesh.desktop"]
    for_systemd = ODD.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    assert f'/a folder, 100%%/edenmesh" "run" "--home" "{for_systemd}"' in texts["edenmesh.service"]
    unit = tmp_path / "edenmesh.service"
    unit.write_text(texts["edenmesh.service"])
    assert complaints_of(unit, "systemd-analyze", "verify", "--user") == "", "systemd finds the program"


def test_a_program_that_systemd_would_not_run_is_refused() -> None:
    for letter in "\"'\\$":
        with pytest.raises(InvalidInput, match="systemd"):
            desktop_files([f"/odd{letter}/edenmesh"], home=Path("/h"), passphrase=Path("/p"))


@pytest.mark.parametrize("path", ["/two\nlines", "/a\x1bb"])
def test_a_path_that_would_break_the_files_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput):
        desktop_files(["edenmesh"], home=Path(path), passphrase=Path("/p"))
