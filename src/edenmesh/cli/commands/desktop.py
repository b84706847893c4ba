"""`edenmesh desktop`: an entry in the menu, with an icon, and a unit that runs the device from log-in on.

Three files in this user's folders (XDG Base Directory Specification), from templates in `menu/`. They name the program
by its whole path, since neither a menu nor systemd looks where a terminal does. What somebody else wrote under these
names is left alone.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Final

import click

from edenmesh.cli.reaching import Call, ExitCode, command
from edenmesh.errors import ConfigError, InvalidInput, UsageError

_FOLDER: Final = Path(__file__).parent / "menu"
_WAYS: Final = "Give --install, or --remove."
_REFUSED: Final = frozenset("\"'\\$")
_MARK: Final = "Written by `edenmesh desktop --install`"


@command(
    "desktop",
    click.option("--install/--remove", "is_install", default=None, help="Write the files, or remove them."),
    examples=["edenmesh desktop --install", "edenmesh desktop --remove"],
)
async def desktop(call: Call, *, is_install: bool | None) -> ExitCode:
    """Put edenmesh into this user's menu, and ready to be run by systemd from log-in on.

    The unit is not switched on: a device that starts by itself takes its passphrase from a file, and whoever reads that
    file and the disk reads the device. --home and --passphrase-file say which device and which file.
    """
    if is_install is None:
        raise UsageError(what="Whether to write the files or to remove them was not said.", do=_WAYS)
    places = desktop_places(os.environ)
    for path in places.values():
        _require_ours(path)
    if not is_install:
        gone = [path for path in places.values() if path.exists()]
        for path in gone:
            path.unlink()
        _tell(call, "removed", gone, "Removed" if gone else "There was nothing to remove.")
        return ExitCode.OK
    config = _folder(os.environ, "XDG_CONFIG_HOME", ".config")
    passphrase = (call.passphrase.file or config / "edenmesh" / "passphrase").absolute()
    texts = desktop_files(program(), home=call.home.absolute(), passphrase=passphrase)
    for name, path in places.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[name], encoding="utf-8")
    _tell(call, "written", list(places.values()), "Written")
    call.screen.say(f"To have it run from log-in on, put the passphrase into {passphrase} (chmod 600), then:")
    call.screen.say("  systemctl --user daemon-reload && systemctl --user enable --now edenmesh")
    return ExitCode.OK


def desktop_places(environ: Mapping[str, str]) -> dict[str, Path]:
    """Where each file belongs."""
    data = _folder(environ, "XDG_DATA_HOME", ".local/share")
    config = _folder(environ, "XDG_CONFIG_HOME", ".config")
    return {
        "edenmesh.desktop": data / "applications" / "edenmesh.desktop",
        "edenmesh.svg": data / "icons" / "hicolor" / "scalable" / "apps" / "edenmesh.svg",
        "edenmesh.service": config / "systemd" / "user" / "edenmesh.service",
    }


def desktop_files(words: Sequence[str], *, home: Path, passphrase: Path) -> dict[str, str]:
    """The text of each file, for a program called by `words`. Raises InvalidInput where a path cannot stand in one."""
    for one in (*words, str(home), str(passphrase)):
        if not one.isprintable():
            raise InvalidInput(what=f"{one!r} cannot stand in a menu entry.", do="Choose a path of printable letters.")
    if set(words[0]) & _REFUSED:
        what = f"The program stands at {words[0]}, and systemd runs none from a place written with quotes, \\ or $."
        raise InvalidInput(what=what, do="Install it into a folder with a plainer name.")
    start = [*words, "start", "--home", str(home)]
    run = [*words, "run", "--home", str(home), "--passphrase-file", str(passphrase)]
    values = {
        "edenmesh.desktop": {"command": " ".join(map(_quoted_for_menu, start))},
        "edenmesh.service": {
            "command": " ".join(map(_quoted_for_systemd, run)),
            "passphrase": str(passphrase).replace("%", "%%"),
        },
        "edenmesh.svg": {},
    }
    return {name: Template((_FOLDER / name).read_text("utf-8")).substitute(values[name]) for name in values}


def program() -> list[str]:
    """The words that call this program from anywhere."""
    script = Path(sys.executable).with_name("edenmesh")
    return [str(script)] if script.is_file() else [sys.executable, "-P", "-m", "edenmesh"]


def _quoted_for_menu(word: str) -> str:
    """A word in the key Exec: quoted, then escaped once more as every value (Desktop Entry Specification, "Exec")."""
    for letter in ("\\", '"', "`", "$"):
        word = word.replace(letter, f"\\{letter}")
    return '"' + word.replace("\\", "\\\\").replace("%", "%%") + '"'


def _quoted_for_systemd(word: str) -> str:
    """A word of ExecStart= (systemd.service(5), "Command lines")."""
    for letter, escaped in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("$", "$$")):
        word = word.replace(letter, escaped)
    return f'"{word}"'


def _folder(environ: Mapping[str, str], name: str, default: str) -> Path:
    given = environ.get(name, "")
    return Path(given) if Path(given).is_absolute() else Path.home() / default


def _require_ours(path: Path) -> None:
    try:
        is_ours = not path.exists() or _MARK in path.read_text("utf-8", errors="replace")
    except OSError as error:
        raise ConfigError(what=f"{path} cannot be read ({error.strerror}).") from error
    if not is_ours:
        raise ConfigError(
            what=f"Somebody else wrote {path}.", kept="Nothing was changed.", do="Move it away, then try again."
        )


def _tell(call: Call, key: str, paths: Sequence[Path], words: str) -> None:
    if call.is_json:
        call.screen.write_json({key: [*map(str, paths)]})
    call.screen.say("\n".join([f"{words}:", *(f"  {path}" for path in paths)]) if paths else words)
