"""Sync: true figures while it runs, in both directions, and at the end in words what both devices stated.

The figures are the job's, which runs on whoever looks: a reload, a second window or the back button shows the same
one. A session that was cut is taken up by the same button; what had arrived stays and is not sent again.
"""

from dataclasses import dataclass

from starlette.responses import Response

from edenmesh.errors import EdenmeshError
from edenmesh.node import Device, PeerView, SyncUpdate
from edenmesh.web.jobs import Job, Jobs, Work
from edenmesh.web.pages.page import Visit, page
from edenmesh.web.pages.rendering import Renderer


@dataclass(frozen=True, slots=True)
class Run:
    """A sync as it is drawn: where it stands with each peer, last figures first known."""

    is_running: bool
    updates: tuple[SyncUpdate, ...]
    error: EdenmeshError | None = None


class SyncPages:
    """Syncing with all chosen peers, or with one."""

    def __init__(self, device: Device, renderer: Renderer, jobs: Jobs) -> None:
        self._device = device
        self._all_jobs = jobs
        self._work = Work(device, jobs)
        self.routes = [
            page(renderer, "/sync", self.show),
            page(renderer, "/sync/state", self.state),
            page(renderer, "/sync/start", self.show, act=self.start),
            page(renderer, "/sync/stop", self.show, act=self.stop),
        ]

    async def show(self, visit: Visit) -> Response:
        """Where each sync stands, and the buttons that begin one."""
        return self._draw(visit, "sync.html")

    async def state(self, visit: Visit) -> Response:
        """The part of the screen that changes."""
        return self._draw(visit, "sync_state.html")

    async def start(self, visit: Visit) -> Response:
        """Begin a sync with a peer, or with all; one that runs already goes on."""
        self._work.sync(visit.posted.text("peer"), address=visit.posted.text("address").strip())
        return visit.go("/sync")

    async def stop(self, visit: Visit) -> Response:
        """Stop the exchange with a peer for now; the button that began it goes on with it."""
        await self._work.stop_sync(visit.posted.text("peer"))
        return visit.go("/sync")

    def _draw(self, visit: Visit, template: str) -> Response:
        peers = [one for one in self._device.peers() if (one.is_member or one.is_guest) and not one.is_revoked]
        chosen = [one for one in peers if one.is_allowed]
        runs = {one.device: self._run_of(one) for one in chosen}
        return visit.render(
            template,
            chosen=chosen,
            waiting=[one for one in peers if not (one.is_allowed or one.is_blocked)],
            runs=runs,
            is_running=any(not job.is_over for job in self._jobs()),
            whole=self._whole(),
        )

    def _jobs(self) -> list[Job]:
        keys = [self._work.sync_key(), *(self._work.sync_key(one.device) for one in self._device.peers())]
        return [job for job in map(self._all_jobs.latest, keys) if job is not None]

    def _run_of(self, peer: PeerView) -> Run | None:
        job = self._all_jobs.latest(self._work.sync_key(peer.device))
        return _run(job) if job is not None else None

    def _whole(self) -> Run | None:
        job = self._all_jobs.latest(self._work.sync_key())
        return _run(job) if job is not None else None


def _run(job: Job) -> Run:
    view = job.view
    updates = tuple(one for one in view.updates if isinstance(one, SyncUpdate))
    return Run(view.state == "running", updates, view.error)
