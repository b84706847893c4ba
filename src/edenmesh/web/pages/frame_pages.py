"""What stands around all screens: the beginning, more places, figures of the navigation."""

from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from edenmesh.node import Device
from edenmesh.web.pages.page import Visit, page
from edenmesh.web.pages.rendering import Renderer


class FramePages:
    """The frame of one device's screens."""

    def __init__(self, _device: Device, renderer: Renderer) -> None:
        self.routes: Final[list[Route]] = [
            page(renderer, "/", self.begin),
            page(renderer, "/more", self.more),
            page(renderer, "/parts/count/decide", self.count),
        ]

    async def begin(self, visit: Visit) -> Response:
        """An open device begins with its records."""
        return visit.go("/data")

    async def more(self, visit: Visit) -> Response:
        """The places that find no room at the foot of a phone."""
        return visit.render("more.html")

    async def count(self, visit: Visit) -> Response:
        """How much there is to decide, for the navigation."""
        return visit.render("count.html")
