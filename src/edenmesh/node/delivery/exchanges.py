"""Delivering to a server and pulling from it: what the device's door offers, one exchange with a server at a time."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import DestinationId
from edenmesh.core.records import (
    RESOLVE,
    Carried,
    Catalogue,
    Content,
    Pen,
    compose,
    difference,
    open_questions,
)
from edenmesh.eden import TIMEOUT_SECONDS, EdenClient
from edenmesh.errors import UsageError
from edenmesh.node.delivery.delivery import Delivery, DeliveryUpdate
from edenmesh.node.delivery.destinations import Destinations
from edenmesh.node.delivery.intent import Intent
from edenmesh.node.delivery.intentions import Intentions
from edenmesh.node.delivery.observer import Observer
from edenmesh.node.delivery.pull import Pull, PullResult, PullUpdate, pull_forms
from edenmesh.node.delivery.rejections import Rejection
from edenmesh.node.parts import Parts
from edenmesh.node.records import RecordDesk, content_words
from edenmesh.store import Destination, RecordRow, RecordVersions

What = Literal["all", "forms", "records"]
_WHATS: Final = ("all", "forms", "records")
_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class PlannedField:
    """A field that would be sent: the value that is to be there, and what the server shows now, empty for nothing."""

    name: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class PlanItem:
    """What a delivery would do about one record: create, update, delete, hold or nothing; and why not more.

    `is_read` says whether the server was asked for this; else it rests on what was seen there last.
    """

    table: str
    uuid: str
    label: str
    action: str
    fields: tuple[PlannedField, ...]
    reasons: tuple[str, ...]
    is_read: bool = True


class Exchanges:
    """Exchanges with servers. Two with the same server wait for each other."""

    def __init__(self, parts: Parts, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.destinations: Final = Destinations(parts, timeout_seconds=timeout_seconds)
        self._parts = parts
        self._locks: defaultdict[DestinationId, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def deliver(self, name: str = "", *, is_again: bool = False) -> AsyncIterator[DeliveryUpdate]:
        """Deliver what is owed: figures while it runs, then the result. `is_again` sends what was rejected, too.

        Raises DeliveryError where it cannot go on; everything learned before is kept.
        """
        destination = self.destinations.find(name)
        async with self._locks[destination.id], self.destinations.open(destination) as client:
            observer = await self._observer(destination, client)
            intentions = Intentions(self._parts.store, observer, is_again=is_again)
            async for update in Delivery(self._parts, client, observer, intentions).run():
                yield update

    async def plan(self, name: str = "", *, is_offline: bool = False) -> list[PlanItem]:
        """What a delivery would send and overwrite, and what not and why. The server is read; nothing is written.

        `is_offline` does not ask the server: then what would be overwritten is what it was last seen to hold.
        """
        destination = self.destinations.find(name)
        async with self._locks[destination.id], self.destinations.open(destination) as client:
            if is_offline:
                observer = Observer(self._parts, destination.id, client, self._catalogue())
            else:
                observer = await self._observer(destination, client)
            intentions = Intentions(self._parts.store, observer)
            owed = intentions.owed()
            if is_offline:
                intentions.memory.there.update((key, observer.remembered(key)) for key in owed)
            else:
                async for seen in observer.read(intentions.to_read(owed)):
                    intentions.memory.take(seen)
                    intentions.memory.versions.update((one.key, observer.as_if_written(one)) for one in seen)
            intents = await intentions.plan(owed)
            return [
                _item(intent, intentions.rejections.get(key), is_read=not is_offline)
                for key, intent in intents.items()
                if not intent.is_delivered
            ]

    async def pull(self, name: str = "", what: What = "all") -> AsyncIterator[PullUpdate]:
        """Bring forms, records or both from a server: figures while it runs, then the result. Raises DeliveryError."""
        if what not in _WHATS:
            raise UsageError(what=f"{what!r} is nothing to pull.", do=f"Choose one of: {', '.join(_WHATS)}.")
        destination = self.destinations.find(name)
        async with self._locks[destination.id], self.destinations.open(destination) as client:
            count = 0
            if what != "records":
                async for form in pull_forms(self._parts, client):
                    count += 1
                    yield PullUpdate("forms", form.table.name, count)
            if what == "forms":
                yield PullUpdate("done", "", count, PullResult(count, 0, 0, ()))
                return
            observer = await self._observer(destination, client, is_trusting=True)
            pull = Pull(self._parts, client, observer, await client.forms())
            async for update in pull.run():
                yield update
            result = PullResult(count, pull.count, pull.written, tuple(pull.problems))
            yield PullUpdate("done", "", pull.count, result)

    def send_again(self, name: str = "") -> int:
        """Answer all questions of a server that has gone back: what it lost is to be sent again, as we had it.

        The other answers are given record by record: delete it here too, or resolve its conflicts with the server's
        values. Returns how many records were answered for; each answer is a resolution, and travels.
        """
        destination = self.destinations.find(name)
        records = self._parts.store.records
        pens = self._parts.desk.pens()
        count = after = 0
        with self._parts.desk.writing() as writing:
            while rows := records.owed(destination.id, after=after, limit=_PAGE):
                after = rows[-1].num
                for row in rows:
                    answer = _answer(row, records.versions_of(row.num), destination, pens)
                    if answer is not None:
                        writing.append(answer)
                        count += 1
        return count

    async def _observer(self, destination: Destination, client: EdenClient, *, is_trusting: bool = False) -> Observer:
        """Who reads at a server: by the server's own forms, which say what a value there means."""
        async for _ in pull_forms(self._parts, client, only_missing=self._catalogue()):
            pass
        return Observer(self._parts, destination.id, client, self._catalogue(), is_trusting=is_trusting)

    def _catalogue(self) -> Catalogue:
        return RecordDesk(self._parts.store, self._parts.desk).catalogue()


def _answer(row: RecordRow, held: RecordVersions, destination: Destination, pens: Iterator[Pen]) -> Carried | None:
    """The resolution that what was there before is to be there again; None where nobody asks."""
    strand = held.state().strand
    questions = set(open_questions(held.versions, destination.id, held.uncounted))
    if strand is None or not questions:
        return None
    chosen: dict[str, Content | None] = {}
    for name in strand.conflicts:
        # What stood against the server's older state, where that is one value; else the conflict stays.
        others = [choice.content for choice in strand.fields[name].choices if not questions.issuperset(choice.given_by)]
        if len(others) == 1:
            chosen[name] = others[0]
    about: dict[str, Plain] = {"why": f"{destination.name} lost it"}
    change = difference(strand, chosen)
    return compose(next(pens), row.table, row.uuid, change, parents=strand.heads, op=RESOLVE, about=about)


def _item(intent: Intent, rejection: Rejection | None, *, is_read: bool) -> PlanItem:
    values = intent.row.fields if intent.row is not None else {}
    fields = tuple(
        PlannedField(name, content_words(values[name]) if name in values else text, intent.replaced.get(name, ""))
        for name, text in sorted(intent.wanted.items())
    )
    reasons = tuple(intent.held)
    if rejection is not None:
        reasons = (*reasons, f"sent {rejection.times} times in vain so far: {rejection.what}")
    return PlanItem(*intent.key, intent.label, intent.action, fields, reasons, is_read)
