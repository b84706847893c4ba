"""The bin: what was purged here, deleted for all, or erased; the ways back where there are any.

Three things are called deleting and do not do the same (docs/guide/deleting.md), so each stands alone and says in plain
words where it holds and what brings it back.
"""

from typing import Final

from starlette.responses import Response

from edenmesh.errors import InvalidInput
from edenmesh.node import Device
from edenmesh.web.pages.page import Refused, Visit, page
from edenmesh.web.pages.rendering import Renderer
from edenmesh.web.pages.wording import Wording
from edenmesh.web.visiting import Right

_LISTED: Final = 100
_NUMBER_CHARS_MAX: Final = 18


class BinPages:
    """What is gone, and bringing it back."""

    def __init__(self, device: Device, renderer: Renderer) -> None:
        self._device = device
        self._deletions = device.deletions
        self.routes = [
            page(renderer, "/bin", self.show),
            page(renderer, "/bin/fetch", self.show, act=self.fetch),
            page(renderer, "/bin/restore", self.show, act=self.restore, act_right=Right.DECIDE),
            page(renderer, "/bin/confirm", self.show, act=self.confirm),
            page(renderer, "/bin/erase", self.show, act=self.erase),
        ]

    async def show(self, visit: Visit) -> Response:
        """Everything that was deleted, as this device knows it."""
        text = visit.query.get("after", "0")
        after = int(text) if text.isascii() and text.isdigit() and len(text) <= _NUMBER_CHARS_MAX else 0
        own = next((one for one in self._device.members() if one.is_self), None)
        return visit.render(
            "bin.html",
            seen=self._deletions.bin.look(limit=_LISTED, after=after),
            is_steward=own is not None and "steward" in own.roles,
            own_name=self._device.name,
            words=Wording(self._device, visit.texts),
        )

    async def fetch(self, visit: Visit) -> Response:
        """Want a purged record again."""
        wanted = self._deletions.purging.fetch(visit.posted.text("table"), visit.posted.text("uuid"))
        told = visit.texts.plural(
            "Other devices are asked for %(count)d change from now on. Sync to get it.",
            "Other devices are asked for %(count)d changes from now on. Sync to get them.",
            wanted,
        )
        return visit.go("/bin", told)

    async def restore(self, visit: Visit) -> Response:
        """Bring back a record that was deleted for all, for all."""
        posted = visit.posted
        view = self._deletions.bin.restore(posted.text("table"), posted.text("uuid"), why=posted.text("why").strip())
        return visit.go("/bin", visit.texts("%(label)s is there again, for all who hear of it.", label=view.label))

    async def confirm(self, visit: Visit) -> Response:
        """Confirm an erasure as a second steward: what it names is destroyed at once."""
        _require_sure(visit)
        entry = visit.posted.text("entry")
        if not entry:
            raise InvalidInput(what="It was not said which erasure is confirmed.", do="Press the button at one.")
        self._deletions.erasing.confirm(entry)
        return visit.go("/bin", visit.texts("Confirmed. It is destroyed here, and on every device that hears of it."))

    async def erase(self, visit: Visit) -> Response:
        """Do what somebody asks for: have a record destroyed everywhere."""
        _require_sure(visit)
        table, uuid = visit.posted.text("table"), visit.posted.text("uuid")
        self._deletions.erasing.erase(table, uuid)
        return visit.go("/bin", visit.texts("It is hidden now, and destroyed when each device has run for a day."))


def _require_sure(visit: Visit) -> None:
    if not visit.posted.is_on("sure"):
        raise Refused(
            visit.texts("Nothing was erased."),
            {"sure": visit.texts("Tick that it is meant; what is destroyed comes back from nowhere.")},
        )
