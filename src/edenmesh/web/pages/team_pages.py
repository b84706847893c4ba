"""The team: who belongs to it, who admitted whom, and which roles a steward gives and takes."""

from collections.abc import Callable
from typing import Final

from starlette.responses import Response

from edenmesh.node import Device, MemberView
from edenmesh.web.pages.page import Visit, page
from edenmesh.web.pages.rendering import Renderer

ROLES: Final = ("steward", "introducer", "gateway")


class TeamPages:
    """Members and their roles."""

    def __init__(self, device: Device, renderer: Renderer) -> None:
        self._device = device
        self.routes = [
            page(renderer, "/team", self.show),
            page(renderer, "/team/give", self.show, act=self.give),
            page(renderer, "/team/take", self.show, act=self.take),
        ]

    async def show(self, visit: Visit) -> Response:
        """Everybody the charter names."""
        members = self._device.members()
        own = next((one for one in members if one.is_self), None)
        stewardship = self._device.stewardship
        return visit.render("team.html", members=members, own=own, advice=stewardship.advice(), roles=ROLES)

    async def give(self, visit: Visit) -> Response:
        """Give a member a role."""
        return self._change(visit, self._device.stewardship.give_role)

    async def take(self, visit: Visit) -> Response:
        """Take a role from a member."""
        return self._change(visit, self._device.stewardship.take_role)

    def _change(self, visit: Visit, change: Callable[[str, str], MemberView]) -> Response:
        member = change(visit.posted.text("member"), visit.posted.text("role"))
        told = visit.texts("The roles of %(name)s have changed. Others hear of it when they sync.", name=member.name)
        return visit.go("/team", told)
