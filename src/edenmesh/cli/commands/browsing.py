"""Opening the owner's browser on the device, without telling other users of the machine how.

An address that lets in must not stand among the arguments of a program: every user may read those (proc(5)). So the
browser is given a file only its owner can read, which leads on to the address. Where a person asked for it, or looks at
a terminal, the address is shown, too.
"""

import asyncio
import os
import webbrowser
from html import escape
from pathlib import Path
from typing import Final

_FILE: Final = "enter.html"
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
    path = home / _FILE
    forget_entrance(home)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(_PAGE.format(address=escape(address)))
    return await asyncio.to_thread(webbrowser.open, path.as_uri())


def forget_entrance(home: Path) -> None:
    """Remove the file that led a browser to the device."""
    (home / _FILE).unlink(missing_ok=True)


def _has_screen() -> bool:
    """Whether there is a browser with windows: one in the terminal would take that away from the device."""
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "TERMUX_VERSION"))
