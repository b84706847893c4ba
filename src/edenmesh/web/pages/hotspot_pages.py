"""No network: one device opens a hotspot, and its name and password go to the other by a QR code.

The symbol for a network has a form of its own that every phone's camera knows and joins by (the ZXing project's
`WIFI:`); a camera passes nothing on to a page. So there are two symbols, one after the other: the network's for the
camera, ours for the scanner of this device. What is typed here is drawn into the page that answers and kept nowhere.
"""

from typing import Final

from starlette.responses import Response

from edenmesh.errors import InvalidInput
from edenmesh.node import Device
from edenmesh.web.pages.page import Refused, Visit, page
from edenmesh.web.pages.qr import qr_address
from edenmesh.web.pages.rendering import Renderer
from edenmesh.web.visiting import Right

_SPECIAL: Final = '\\;,:"'
_NAME_BYTES_MAX: Final = 32  # IEEE 802.11, section 9.4.2.2
_PASSWORD_MIN: Final = 8  # WPA passphrases have 8 to 63 characters of ASCII (IEEE 802.11, annex J.4)
_PASSWORD_MAX: Final = 63


class HotspotPages:
    """Steps to a hotspot, and the two codes."""

    def __init__(self, device: Device, renderer: Renderer) -> None:
        self._device = device
        self.routes = [page(renderer, "/nearby/hotspot", self.show, right=Right.RUN, act=self.draw)]

    async def show(self, visit: Visit) -> Response:
        """The steps and the fields."""
        return visit.render("hotspot.html", network="", pairing="", status_now=self._device.status())

    async def draw(self, visit: Visit) -> Response:
        """The page with both codes: the network's, and this device's, which becomes visible for it."""
        name, password = visit.posted.text("network"), visit.posted.text("password")
        _require_network(visit, name, password)
        network = qr_address(wifi_text(name, password))
        pairing = ""
        try:
            # Shown anew, so that the code has the address this device has in that network.
            await self._device.show(5)
            pairing = qr_address(self._device.qr())
        except InvalidInput:
            pass  # in no network yet: the page says to come back once it is
        return visit.render("hotspot.html", network=network, pairing=pairing, status_now=self._device.status())


def wifi_text(name: str, password: str) -> str:
    """What a camera reads: how to join a network."""
    kind = "WPA" if password else "nopass"
    return f"WIFI:T:{kind};S:{_escaped(name)};P:{_escaped(password)};;"


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in text)


def _require_network(visit: Visit, name: str, password: str) -> None:
    texts = visit.texts
    wrong: dict[str, str] = {}
    if not name or len(name.encode()) > _NAME_BYTES_MAX or not name.isprintable():
        wrong["network"] = texts("A network has a name of 1 to 32 bytes; copy it from the hotspot's settings.")
    if password and not (_PASSWORD_MIN <= len(password) <= _PASSWORD_MAX and password.isascii()):
        wrong["password"] = texts("A password of a hotspot has 8 to 63 letters, digits or signs, without accents.")
    if wrong:
        raise Refused(texts("The code was not made."), wrong)
