"""Peers: other devices this one knows, whom of them it exchanges with, and barring one for good.

Barring asks in words what it costs, and takes an answer that nobody gives by habit: the consequences have to be ticked.
"""

from starlette.responses import Response

from edenmesh.errors import InvalidInput
from edenmesh.node import Device, MemberView, PeerView
from edenmesh.web.pages.page import Refused, Visit, page
from edenmesh.web.pages.rendering import Renderer
from edenmesh.web.visiting import Right


class PeerPages:
    """The list of peers, and one of them."""

    def __init__(self, device: Device, renderer: Renderer) -> None:
        self._device = device
        self.routes = [
            page(renderer, "/peers", self.list),
            page(renderer, "/peers/{device}", self.show),
            page(renderer, "/peers/{device}/allow", self.show, act=self.allow),
            page(renderer, "/peers/{device}/stop", self.show, act=self.stop),
            page(renderer, "/peers/{device}/block", self.show, act=self.block),
            page(renderer, "/peers/{device}/unblock", self.show, act=self.unblock),
            page(renderer, "/peers/{device}/share", self.show, act=self.share),
            page(renderer, "/peers/{device}/revoke", self.ask, right=Right.RUN, act=self.revoke),
        ]

    async def list(self, visit: Visit) -> Response:
        """All devices this one knows, those it exchanges with first."""
        peers = sorted(self._device.peers(), key=lambda one: (one.is_revoked, not one.is_allowed, one.name.casefold()))
        return visit.render("peers.html", peers=peers, advice=self._device.stewardship.advice())

    async def show(self, visit: Visit) -> Response:
        """One of them."""
        peer, member = self._peer(visit)
        return visit.render("peer.html", peer=peer, member=member, tables=self._device.tables())

    async def allow(self, visit: Visit) -> Response:
        """Exchange with it from now on."""
        peer, _ = self._peer(visit)
        self._device.allow(peer.device)
        return visit.go(f"/peers/{peer.device}", visit.texts("From now on records go to it and come from it."))

    async def stop(self, visit: Visit) -> Response:
        """Exchange with it no more; an open exchange ends."""
        peer, _ = self._peer(visit)
        self._device.allow(peer.device, is_allowed=False)
        return visit.go(
            f"/peers/{peer.device}",
            visit.texts("This device exchanges nothing with it any more. What it has, it keeps."),
            undo=f"/peers/{peer.device}/allow",
        )

    async def block(self, visit: Visit) -> Response:
        """Want no exchange with it here, whoever it is."""
        peer, _ = self._peer(visit)
        self._device.block(peer.device)
        told = visit.texts("%(name)s is blocked on this device.", name=peer.name)
        return visit.go(f"/peers/{peer.device}", told, undo=f"/peers/{peer.device}/unblock")

    async def unblock(self, visit: Visit) -> Response:
        """Let it in again, as far as it was let in before."""
        peer, _ = self._peer(visit)
        self._device.unblock(peer.device)
        return visit.go(f"/peers/{peer.device}", visit.texts("The block is lifted."))

    async def share(self, visit: Visit) -> Response:
        """Choose the tables a guest is given."""
        peer, _ = self._peer(visit)
        self._device.guests.share(peer.device, visit.posted.all("table"), is_all=visit.posted.is_on("all"))
        return visit.go(f"/peers/{peer.device}", visit.texts("That is what it is given from now on."))

    async def ask(self, visit: Visit) -> Response:
        """What barring means, before it is done."""
        peer, member = self._peer(visit)
        return visit.render("revoke.html", peer=peer, member=member)

    async def revoke(self, visit: Visit) -> Response:
        """Bar a member for good; let a guest go."""
        peer, _ = self._peer(visit)
        if not visit.posted.is_on("understood"):
            raise Refused(
                visit.texts("Nobody was barred."),
                {"understood": visit.texts("Tick that you know what it means; it cannot be taken back.")},
            )
        self._device.revoke(peer.device)
        if peer.is_guest:
            return visit.go("/peers", visit.texts("%(name)s is no guest of this device any more.", name=peer.name))
        told = visit.texts("%(name)s is barred. Others hear of it when they meet this device.", name=peer.name)
        return visit.go(f"/peers/{peer.device}", told)

    def _peer(self, visit: Visit) -> tuple[PeerView, MemberView | None]:
        name = visit.part("device")
        peer = next((one for one in self._device.peers() if one.device == name), None)
        if peer is None:
            raise InvalidInput(what="This device does not know such a device.", do="See the peers it knows.")
        return peer, next((one for one in self._device.members() if one.device == name), None)
