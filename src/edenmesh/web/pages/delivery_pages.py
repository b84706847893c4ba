"""Deliveries: what each server is owed, what would be sent before it is, and true figures while it runs.

A plan reads the server and writes nothing. A delivery or a pull is one job for each server, whoever looks; its result
stays on the screen until the next one, with what was held back or rejected, record by record.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from edenmesh.errors import DeliveryError, EdenmeshError, InvalidInput
from edenmesh.node import DeliveryResult, DeliveryUpdate, DestinationView, Device, OwedView, PullResult, PullUpdate
from edenmesh.web.jobs import Job, Jobs, Work
from edenmesh.web.pages.page import Visit, page
from edenmesh.web.pages.rendering import Renderer
from edenmesh.web.pages.wording import Wording
from edenmesh.web.visiting import Right

_PLANNED_SHOWN: Final = 50
_LEFT_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Exchange:
    """A delivery or a pull as it is drawn."""

    is_running: bool
    update: DeliveryUpdate | PullUpdate | None
    delivered: DeliveryResult | None = None
    pulled: PullResult | None = None
    error: EdenmeshError | None = None


@dataclass(frozen=True, slots=True)
class ServerShown:
    """One server: what it is owed, and what runs."""

    server: DestinationView | None
    owed: OwedView
    delivery: Exchange | None
    pull: Exchange | None

    @property
    def is_running(self) -> bool:
        """Whether anything is under way with it."""
        return any(one is not None and one.is_running for one in (self.delivery, self.pull))


class DeliveryPages:
    """All servers, a plan, and what is under way."""

    def __init__(self, device: Device, renderer: Renderer, jobs: Jobs) -> None:
        self._device = device
        self._jobs = jobs
        self._work = Work(device, jobs)
        self.routes = [
            page(renderer, "/deliveries", self.show),
            page(renderer, "/deliveries/state", self.state),
            page(renderer, "/deliveries/plan", self.plan, right=Right.RUN),
            page(renderer, "/deliveries/deliver", self.show, act=self.deliver),
            page(renderer, "/deliveries/pull", self.show, act=self.pull),
            page(renderer, "/deliveries/stop", self.show, act=self.stop),
        ]

    async def show(self, visit: Visit) -> Response:
        """All servers."""
        return self._draw(visit, "deliveries.html")

    async def state(self, visit: Visit) -> Response:
        """The part of the screen that changes."""
        return self._draw(visit, "deliveries_state.html")

    def _draw(self, visit: Visit, template: str) -> Response:
        words = Wording(self._device, visit.texts)
        return visit.render(template, servers=self._servers(), left_shown=_LEFT_SHOWN, words=words)

    async def plan(self, visit: Visit) -> Response:
        """What a delivery would do; `offline` asks no server."""
        name, is_offline = visit.query.get("server", ""), bool(visit.query.get("offline"))
        failure: EdenmeshError | None = None
        try:
            items = await self._device.exchanges.plan(name, is_offline=is_offline)
        except DeliveryError as error:
            items, failure = [], error
        going = [one for one in items if one.action in ("create", "update", "delete")]
        held = [one for one in items if one.reasons]
        return visit.render(
            "plan.html",
            server=name,
            is_offline=is_offline,
            summary=sorted(Counter((one.table, one.action) for one in going).items()),
            going=going[:_PLANNED_SHOWN],
            going_count=len(going),
            held=held[:_PLANNED_SHOWN],
            held_count=len(held),
            words=Wording(self._device, visit.texts),
            failure=failure,
        )

    async def deliver(self, visit: Visit) -> Response:
        """Deliver; one that runs already goes on."""
        self._work.deliver(_named(visit), is_again=visit.posted.is_on("again"))
        return visit.go("/deliveries")

    async def pull(self, visit: Visit) -> Response:
        """Bring forms and records from a server."""
        self._work.pull(_named(visit), "forms" if visit.posted.text("what") == "forms" else "all")
        return visit.go("/deliveries")

    async def stop(self, visit: Visit) -> Response:
        """End what runs with a server; what was read back stays known."""
        name = _named(visit)
        for job in map(self._jobs.latest, (self._work.deliver_key(name), self._work.pull_key(name))):
            if job is not None and not job.is_over:
                await job.stop()
        return visit.go("/deliveries")

    def _servers(self) -> list[ServerShown]:
        known = {one.name: one for one in self._device.destinations()}
        return [self._server(known.get(one.destination), one) for one in self._device.status().destinations]

    def _server(self, server: DestinationView | None, owed: OwedView) -> ServerShown:
        if server is None:
            return ServerShown(None, owed, None, None)
        delivery = self._jobs.latest(self._work.deliver_key(server.name))
        pull = self._jobs.latest(self._work.pull_key(server.name))
        return ServerShown(server, owed, _exchange(delivery), _exchange(pull))


def plan_address(name: str) -> str:
    """Where the plan for a server is drawn."""
    return f"/deliveries/plan?server={quote(name, safe='')}"


def _named(visit: Visit) -> str:
    name = visit.posted.text("server")
    if not name:
        raise InvalidInput(what="It was not said which server is meant.", do="Press the button at a server.")
    return name


def _exchange(job: Job | None) -> Exchange | None:
    if job is None:
        return None
    latest, view = job.latest, job.view
    update = latest if isinstance(latest, DeliveryUpdate | PullUpdate) else None
    result = update.result if update is not None else None
    return Exchange(
        view.state == "running",
        update,
        delivered=result if isinstance(result, DeliveryResult) else None,
        pulled=result if isinstance(result, PullResult) else None,
        error=view.error,
    )
