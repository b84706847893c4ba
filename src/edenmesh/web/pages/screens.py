"""All screens of an open device. Each subject is a class with routes; a new one is one more line here."""

from collections.abc import Callable
from typing import Final, Protocol

from starlette.routing import Route

from edenmesh.node import Device
from edenmesh.web.pages.counts import Counts
from edenmesh.web.pages.frame_pages import FramePages
from edenmesh.web.pages.rendering import Renderer


class Screens(Protocol):
    """The screens of one subject."""

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""


SUBJECTS: Final[list[Callable[[Device, Renderer], Screens]]] = [
    FramePages,
]


def screens(device: Device) -> tuple[list[Route], Renderer]:
    """The routes of all screens, and what draws them."""
    counts = Counts(device)
    renderer = Renderer(lambda: device.name, counts.of)
    found = [renderer.assets.route]
    for subject in SUBJECTS:
        found += subject(device, renderer).routes
    return found, renderer
