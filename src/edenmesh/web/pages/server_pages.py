"""Servers: which Sahana Eden servers this device delivers to, set up and tested here, and pinned for the team."""

from urllib.parse import quote

from starlette.responses import Response

from edenmesh.errors import EdenmeshError, InvalidInput
from edenmesh.node import Check, DestinationView, Device
from edenmesh.web.pages.page import Refused, Visit, page
from edenmesh.web.pages.rendering import Renderer
from edenmesh.web.visiting import Right


class ServerPages:
    """Setting up a server, testing, pinning and forgetting it."""

    def __init__(self, device: Device, renderer: Renderer) -> None:
        self._device = device
        self._destinations = device.exchanges.destinations
        run = Right.RUN
        self.routes = [
            page(renderer, "/servers/new", self.form, right=run, act=self.save),
            page(renderer, "/servers/one", self.show, right=run),
            page(renderer, "/servers/pin", self.show, right=run, act=self.pin),
            page(renderer, "/servers/forget", self.show, right=run, act=self.forget),
        ]

    async def form(self, visit: Visit) -> Response:
        """The fields of a new server, or of the one named, which keeps its password where none is typed."""
        name = visit.query.get("name", "")
        return visit.render("server_form.html", server=self._find(name) if name else None)

    async def save(self, visit: Visit) -> Response:
        """Note the server, then test it."""
        posted = visit.posted
        name, url = posted.text("name").strip(), posted.text("url").strip()
        missing = {one: visit.texts("This is needed.") for one, value in (("name", name), ("url", url)) if not value}
        if missing:
            raise Refused(visit.texts("The server was not saved."), missing)
        known = next((one for one in self._device.destinations() if one.name == name and one.is_set_up), None)
        password = posted.text("password")
        if not password and known is not None and known.url == url:
            password = self._destinations.find(name).password
        self._device.set_destination(
            name,
            url,
            user=posted.text("user").strip(),
            password=password,
            pin=posted.text("pin").strip(),
            is_http_allowed=posted.is_on("is_http_allowed"),
        )
        return visit.go(f"{_address(name)}&test=1", visit.texts("Saved. This is how it answers:"))

    async def show(self, visit: Visit) -> Response:
        """One server; with `test`, how it answers now."""
        server = self._find(visit.query.get("name", "") or visit.posted.text("name"))
        checks: list[Check] = []
        failure: EdenmeshError | None = None
        if visit.query.get("test") and visit.error is None:
            try:
                checks = await self._destinations.test(server.name)
            except EdenmeshError as error:
                failure = error
        members = self._device.members()
        is_steward = any(one.is_self and "steward" in one.roles for one in members)
        return visit.render("server.html", server=server, checks=checks, failure=failure, is_steward=is_steward)

    async def pin(self, visit: Visit) -> Response:
        """Have what gateways read back there count as receipts, for the whole team."""
        view = self._destinations.pin_for_team(visit.posted.text("name"))
        return visit.go(_address(view.name), visit.texts("Pinned for the team: what is read back there is a receipt."))

    async def forget(self, visit: Visit) -> Response:
        """Forget the login; what was seen there stays known."""
        if not visit.posted.is_on("sure"):
            raise InvalidInput(what="It was not ticked that the login may go.", do="Tick it, then press once more.")
        name = visit.posted.text("name")
        self._destinations.drop(name)
        return visit.go("/deliveries", visit.texts("%(name)s is forgotten on this device.", name=name))

    def _find(self, name: str) -> DestinationView:
        found = next((one for one in self._device.destinations() if one.name == name), None)
        if found is None:
            raise InvalidInput(what=f"There is no server called {name!r} here.", do="See the servers there are.")
        return found


def _address(name: str) -> str:
    return f"/servers/one?name={quote(name, safe='')}"
