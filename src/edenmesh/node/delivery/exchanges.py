"""Delivering to a server and pulling from it: what the device's door offers, one exchange with a server at a time."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import DestinationId
from edenmesh.core.records import (
    RESOLVE,
    RETRACT,
    Catalogue,
    Change,
    Declared,
    Flag,
    StrandState,
    compose_all,
    difference,
)
from edenmesh.eden import TIMEOUT_SECONDS, EdenClient
from edenmesh.errors import UsageError
from edenmesh.node.delivery.delivery import Delivery, DeliveryUpdate
from edenmesh.node.delivery.destinations import Destinations
from edenmesh.node.delivery.intent import Intent
from edenmesh.node.delivery.intentions import Intentions
from edenmesh.node.delivery.observer import Observer
from edenmesh.node.delivery.pull import Pull, PullResult, PullUpdate, pull_forms
from edenmesh.node.delivery.rejections import Rejection, read_rejections
from edenmesh.node.parts import Parts, why_absent
from edenmesh.node.records import Question, RecordDesk, content_words, questions_of, values_here
from edenmesh.store import Destination, RecordVersions

What = Literal["all", "forms", "records"]
_WHATS: Final = ("all", "forms", "records")
_PAGE: Final = 1000
OURS: Final = "ours"
OLDER: Final = "older"
DELETED: Final = "deleted"
ANSWERS: Final = (OURS, OLDER, DELETED)


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


@dataclass(frozen=True, slots=True)
class Answered:
    """How many records a server asked about were answered for, and how many the answer does not fit."""

    answered: int
    left: int


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
        """Answer all questions of a server that has gone back: what it lost is sent again. Returns how many."""
        return self.answer(name, OURS).answered

    def rejected(self, table: str, uuid: str) -> tuple[str, ...]:
        """Why servers did not take a record, in their words; empty where none refused it."""
        noted = [(one, read_rejections(self._parts.store, one.id)) for one in self._parts.store.notes.destinations()]
        return tuple(f"{one.name}: {kept[(table, uuid)].what}" for one, kept in noted if (table, uuid) in kept)

    def answer(self, name: str, answer: str) -> Answered:
        """Answer all that a server that has gone back asks, at once: as it is here, as it is there, or deleted.

        OURS: what was here before is to be there again. OLDER: the older state it shows is right. DELETED: what it does
        not have any more is deleted here, too. What an answer does not fit is left, as is a record of which several
        servers ask, unless OURS is right. Each answer is a resolution or retract of its own, and travels; all of them
        are written in one change.
        """
        if answer not in ANSWERS:
            raise UsageError(what=f"{answer!r} answers no question.", do=f"Say one of: {', '.join(ANSWERS)}.")
        destination = self.destinations.find(name)
        records = self._parts.store.records
        desk = RecordDesk(self._parts.store, self._parts.desk)
        pens = self._parts.desk.pens()
        answered = left = after = 0
        with self._parts.desk.writing() as writing:
            while rows := records.flagged(Flag.QUESTION, after=after, limit=_PAGE):
                after = rows[-1].num
                for row in rows:
                    held = records.versions_of(row.num)
                    questions = questions_of(held, held.state().strand)
                    if not any(one.destination == destination.id for one in questions):
                        continue
                    said = _answer(held, questions, answer, desk.declared(held))
                    if said is None or why_absent(self._parts.store, row.table, row.uuid):
                        left += 1
                        continue
                    op, change, strand = said
                    about: dict[str, Plain] = {**strand.about, "why": f"{destination.name} has gone back: {answer}"}
                    schema = desk.catalogue().schema(row.table)
                    own = (replace(pen, schema=schema) for pen in pens)
                    seen = strand.heads
                    for carried in compose_all(own, row.table, row.uuid, change, parents=seen, op=op, about=about):
                        writing.append(carried)
                    answered += 1
        return Answered(answered, left)

    async def _observer(self, destination: Destination, client: EdenClient, *, is_trusting: bool = False) -> Observer:
        """Who reads at a server: by the server's own forms, which say what a value there means."""
        async for _ in pull_forms(self._parts, client, only_missing=self._catalogue()):
            pass
        return Observer(self._parts, destination.id, client, self._catalogue(), is_trusting=is_trusting)

    def _catalogue(self) -> Catalogue:
        return RecordDesk(self._parts.store, self._parts.desk).catalogue()


def _answer(
    held: RecordVersions, questions: list[Question], answer: str, declared: Declared
) -> tuple[str, Change, StrandState] | None:
    """What one answer writes about one record; None where it does not fit."""
    strand = held.state().strand
    if strand is None:
        return None
    if answer == OURS:
        return RESOLVE, difference(strand, values_here(strand, questions), declared=declared), strand
    if len({one.destination for one in questions}) > 1 or (answer == DELETED) is not questions[0].is_gone:
        return None
    if answer == DELETED:
        return RETRACT, Change(), strand
    return RESOLVE, difference(strand, questions[0].older, declared=declared), strand


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
