"""Operations with destinations: Eden servers that records come from and are delivered to."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from edenmesh.node import Check, DeliveryUpdate, DestinationView, PlanItem, PullUpdate
from edenmesh.web.api.answers import followed
from edenmesh.web.api.operation import Asked, operation
from edenmesh.web.api.served import Served
from edenmesh.web.jobs import What
from edenmesh.web.visiting import Right


class NewServer(Asked, frozen=True):
    """A server: its address and the login there. An empty `pin` trusts who certifies; plain http must be allowed."""

    url: str
    name: str = "server"
    user: str = ""
    password: str = ""
    pin: str = ""
    is_http_allowed: bool = False


class Named(Asked, frozen=True):
    """A server, by its name."""

    name: str


class AnyServer(Asked, frozen=True):
    """A server, by its name; the only one where it is empty."""

    name: str = ""


class ForAll(Asked, frozen=True):
    """What it means that a server has gone back: ours is right, the older state is, or what is gone was deleted."""

    answer: str
    name: str = ""


class Pulling(Asked, frozen=True):
    """What to bring, and from which server."""

    name: str = ""
    what: What = "all"


class Planning(Asked, frozen=True):
    """For which server; `offline` does not ask it and goes by what is known of it."""

    name: str = ""
    offline: bool = False


class Delivering(Asked, frozen=True):
    """To which server; `again` sends what it has rejected, too."""

    name: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class AnsweredCounts:
    """How many records were answered for, and how many the answer does not fit."""

    answered: int
    left: int


@dataclass(frozen=True, slots=True)
class SentAgain:
    """How many records are owed again."""

    answered: int


class DestinationOperations:
    """What the device does with servers."""

    def __init__(self, served: Served) -> None:
        self._device = served.device
        self._work = served.work

    @operation("GET", "/api/destinations", Right.RUN)
    def destinations(self) -> list[DestinationView]:
        """The servers this device knows, without their passwords."""
        return self._device.destinations()

    @operation("PUT", "/api/destinations", Right.RUN)
    def set_destination(self, body: NewServer) -> DestinationView:
        """Note a server under a name."""
        return self._device.set_destination(
            body.name,
            body.url,
            user=body.user,
            password=body.password,
            pin=body.pin,
            is_http_allowed=body.is_http_allowed,
        )

    @operation("DELETE", "/api/destinations", Right.RUN)
    def drop_destination(self, body: Named) -> None:
        """Forget a server and the login there."""
        self._device.exchanges.destinations.drop(body.name)

    @operation("POST", "/api/destinations/test", Right.RUN)
    async def test_destination(self, body: AnyServer) -> list[Check]:
        """Whether a server answers and lets this device in."""
        return await self._device.exchanges.destinations.test(body.name)

    @operation("POST", "/api/destinations/answer", Right.RUN)
    def answer_all(self, body: ForAll) -> AnsweredCounts:
        """Answer all that a server that has gone back asks."""
        said = self._device.exchanges.answer(body.name, body.answer)
        return AnsweredCounts(said.answered, said.left)

    @operation("POST", "/api/destinations/pin", Right.RUN)
    def pin_destination(self, body: Named) -> DestinationView:
        """Have deliveries to a server count as receipts for the whole team, as a steward."""
        return self._device.exchanges.destinations.pin_for_team(body.name)

    @operation("POST", "/api/pull", Right.RUN)
    def pull(self, body: Pulling) -> AsyncGenerator[PullUpdate]:
        """Bring forms and records from a server. Lines of figures; the last is the result."""
        return followed(lambda: self._work.pull(body.name, body.what, is_kept=False))

    @operation("POST", "/api/deliver/plan", Right.RUN)
    async def plan(self, body: Planning) -> list[PlanItem]:
        """What a delivery would send and overwrite, and what not and why."""
        return await self._device.exchanges.plan(body.name, is_offline=body.offline)

    @operation("POST", "/api/deliver", Right.RUN)
    def deliver(self, body: Delivering) -> AsyncGenerator[DeliveryUpdate]:
        """Deliver what is owed. Lines of figures; the last is the result."""
        return followed(lambda: self._work.deliver(body.name, is_again=body.again, is_kept=False))

    @operation("POST", "/api/deliver/lost", Right.RUN)
    def send_again(self, body: AnyServer) -> SentAgain:
        """Have all that a server has lost sent again."""
        return SentAgain(self._device.exchanges.send_again(body.name))
