"""A device that is served: what every operation may use."""

from dataclasses import dataclass

from edenmesh.node import Device
from edenmesh.web.api.live import Live
from edenmesh.web.jobs import Jobs, Work


@dataclass(frozen=True, slots=True)
class Served:
    """One device with the long work under way on it, and the watch that tells of both."""

    device: Device
    jobs: Jobs
    work: Work
    live: Live
