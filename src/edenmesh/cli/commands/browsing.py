"""Opening the owner's browser on the device, without telling other users of the machine how.

An address that lets in must not stand among the arguments of a program: every user may read those (proc(5)). So the
browser is given a file only its owner can read, which leads on to the address. Where a person asked for it, or looks at
a terminal, the address is shown, too.
"""

import asyncio
import os
import shutil
import tempfile
import webbrowser
from html import escape
from pathlib import Path
from typing import Final

_FILE: Final = "enter.html"
_elsewhere: Final[list[Path]] = []
"""Folders made for such a file, to be removed in the end."""
_PAGE: Final = """<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={address}">
<title>edenmesh</title>
<p><a href="{address}">edenmesh</a></p>
"""


async def open_browser(address: str, home: Path) -> bool:
    """Open the browser on an address that lets in; whether one could be begun."""
    if not _has_screen():
        return False
    if "TERMUX_VERSION" in os.environ:
        # There no app sees another's arguments, and the browser cannot read our files.
        return await asyncio.to_thread(webbrowser.open, address)
    path = _file_of(home)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(_PAGE.format(address=escape(address)))
    return await asyncio.to_thread(webbrowser.open, path.as_uri())


def forget_entrance(home: Path) -> None:
    """Remove the file that led a browser to the device."""
    (home / _FILE).unlink(missing_ok=True)
    for path in _elsewhere:
        shutil.rmtree(path, ignore_errors=True)
    _elsewhere.clear()


def _file_of(home: Path) -> Path:
    """In the device's folder, which is its owner's alone; where there is none yet, in a private one for the time."""
    if home.is_dir() and not home.stat().st_mode & 0o077:
        return home / _FILE
    _elsewhere.append(Path(tempfile.mkdtemp(prefix="edenmesh-")))
    return _elsewhere[-1] / _FILE


def _has_screen() -> bool:
    """Whether there is a browser with windows: one in the terminal would take that away from the device."""
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "TERMUX_VERSION"))
