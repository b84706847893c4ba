"""One delivery: read every record by name, send what is clean and differs, read it back, and believe only that.

The server protects nothing and promises nothing (docs/eden.md), so its answer to a push is used for its words only.
What was read back is written as an observation, which is the receipt; what was sent twice and not found is a
rejection. A request that failed on the way may have been carried out: reading back tells. All that was learned before
an error stays. What this device read back a day ago is read a second time first: a gateway keeps its copy until then.
"""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

from edenmesh.core.ids import DestinationId, FileHash
from edenmesh.core.records import File
from edenmesh.eden import Answer, Batch, EdenClient, Key, Row, master_of, plan_delivery
from edenmesh.errors import AnswerNotUnderstood, DeliveryError, DestinationUnreachable, NotPermitted, Revoked
from edenmesh.node.delivery.intent import Intent
from edenmesh.node.delivery.intentions import Intentions
from edenmesh.node.delivery.observer import Observer, now_ms
from edenmesh.node.delivery.rejections import Rejection, put_rejections
from edenmesh.node.parts import Parts

_READ_AT_ONCE: Final = 1000
_BREAKS_MAX: Final = 3
"""Pushes without an answer, one after the other, after which a delivery gives up."""


@dataclass(frozen=True, slots=True)
class Held:
    """A record that is still owed, wholly or in part, and why it was not sent. `fields` are the values still owed."""

    table: str
    uuid: str
    label: str
    reason: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that was sent, `times` times so far, and is not at the server as it was sent; `what` says why.

    `fields` are the values still owed.
    """

    table: str
    uuid: str
    label: str
    what: str
    times: int
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """What a delivery did: records newly confirmed, sent, and found to be there already; and what is still owed.

    The totals are of all records here: those the destination was seen to hold as they are shown, those of them whose
    delivery is a receipt, and those still owed. `read_again` were read back a second time, a day later, and are still
    there. Where no steward pinned the destination (`is_pinned`) nothing there is a receipt.
    """

    delivered: int
    sent: int
    already_there: int
    held: tuple[Held, ...]
    rejected: tuple[Rejected, ...]
    delivered_total: int
    receipts_total: int
    owed_total: int
    read_again: int = 0
    is_pinned: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryUpdate:
    """How far a delivery is: `done` of `total` records in this step. The last update carries the result."""

    step: str
    done: int
    total: int
    result: DeliveryResult | None = None


class Delivery:
    """One delivery to one destination. Iterate over `run`."""

    def __init__(self, parts: Parts, client: EdenClient, observer: Observer, intentions: Intentions) -> None:
        self._parts = parts
        self._store = parts.store
        self._client = client
        self._observer = observer
        self._intentions = intentions
        self._destination: DestinationId = observer.destination
        self._intents: dict[Key, Intent] = {}
        self._words: dict[Key, str] = {}
        self._passing: set[Key] = set()
        self._sent: set[Key] = set()
        self._answered: Counter[Key] = Counter()
        self._unanswered: list[Key] = []
        self._breaks = 0
        self._recreated: set[Key] = set()
        self._read_again = 0

    async def run(self) -> AsyncIterator[DeliveryUpdate]:
        """Deliver. Raises DeliveryError where it cannot go on, NotPermitted or Revoked where this device may not."""
        self._require_member()
        async for update in self._read_back_again():
            yield update
        owed = self._intentions.owed()
        try:
            async for update in self._read(owed):
                yield update
            already_there = len(owed) - len(self._intentions.owed())
            async for update in self._attempt(owed, "send"):
                yield update
            for part in self._parts_of(owed):
                async for update in self._attempt([key for key in part if self._is_open(key)], "send again"):
                    yield update
        finally:
            self._keep_rejections(owed)
        yield DeliveryUpdate("done", len(owed), len(owed), self._result(owed, already_there))

    async def _read_back_again(self) -> AsyncIterator[DeliveryUpdate]:
        """Read what was delivered a day ago a second time; what is not there any more is owed or asked about."""
        due = self._intentions.due_again(now_ms(self._parts))
        done = 0
        async for seen in self._observer.read(due):
            self._observer.write(seen)
            self._intentions.memory.take(seen)
            done += len(seen)
            yield DeliveryUpdate("read again", done, len(due))
        self._read_again = sum(map(self._intentions.is_read_twice, due))

    async def _read(self, owed: list[Key]) -> AsyncIterator[DeliveryUpdate]:
        for start in range(0, len(owed), _READ_AT_ONCE):
            keys = self._intentions.to_read(owed[start : start + _READ_AT_ONCE])
            done = start
            async for seen in self._observer.read(keys):
                self._observer.write(seen)
                self._intentions.memory.take(seen)
                done += len(seen)
                yield DeliveryUpdate("read", done, len(owed))

    def _is_open(self, key: Key) -> bool:
        """Whether a record was sent and is not there as it was sent."""
        return key in self._sent and self._intentions.lacks(self._intents[key])

    # --- sending ------------------------------------------------------------------------------------------------------

    async def _attempt(self, keys: list[Key], step: str) -> AsyncIterator[DeliveryUpdate]:
        """Send what these records ask for now, and read it back batch by batch."""
        intents = await self._intentions.plan(keys)
        self._intents.update(intents)
        rows = [intent.row for intent in intents.values() if intent.row is not None]
        batches = plan_delivery(rows, self._observer.catalogue)
        last = {row.key: at for at, batch in enumerate(batches) for row in batch.rows if not row.is_bare}
        done = 0
        for at, batch in enumerate(batches):
            await self._send(batch)
            complete = dict.fromkeys(row.key for row in batch.rows if not row.is_bare and last[row.key] == at)
            async for seen in self._observer.read(complete):
                for one in seen:
                    one.was_created = one.key in self._recreated
                self._observer.write(seen)
                self._intentions.memory.take(seen)
            done += len(complete)
            yield DeliveryUpdate(step, done, len(rows))

    def _parts_of(self, owed: list[Key]) -> list[list[Key]]:
        """The second time masters go without their components, since one may have refused the other; then these."""
        rows = {key: row for key in owed if (row := self._intents[key].row) is not None}
        inside = [key for key, row in rows.items() if master_of(row, self._observer.catalogue) is not None]
        others = [key for key in rows if key not in set(inside)]
        deleted = [key for key in others if rows[key].is_deleted]
        return [[key for key in others if key not in set(deleted)], inside, deleted]

    async def _send(self, batch: Batch) -> None:
        """Send one batch and note the server's words. Raises DeliveryError where it makes no sense to go on."""
        self._require_member()
        keys = [row.key for row in batch.rows if not row.is_bare]
        self._sent.update(keys)
        try:
            answer = await self._client.push(batch, self._content_of, self._observer.catalogue)
        except (DestinationUnreachable, AnswerNotUnderstood) as error:
            # It may have been carried out; reading back tells, and raises where nobody is there any more.
            self._note_break(keys, error)
            return
        if isinstance(answer, Answer):
            self._breaks = 0
            self._unanswered.clear()
            self._answered.update(keys)
            self._note_answer(answer, keys)
            self._note_created(answer, batch)
        elif answer.is_failure and (halves := _halves(batch)):
            for half in halves:
                await self._send(half)
        elif answer.is_failure:
            self._answered.update(keys)
            self._note_break(keys, AnswerNotUnderstood(what=answer.what))
        else:
            # Nothing wrong with these records: what is missing is a right, or a table.
            self._words.update(dict.fromkeys(keys, answer.what))

    def _note_answer(self, answer: Answer, keys: list[Key]) -> None:
        refused = {(one.table, one.uuid): one for one in answer.rejections}
        for key in keys:
            self._words.pop(key, None)
            self._passing.discard(key)
            if key in refused:
                self._words[key] = refused[key].what
                if refused[key].is_transient:
                    self._passing.add(key)
            elif not answer.is_success:
                self._words[key] = answer.message

    def _note_created(self, answer: Answer, batch: Batch) -> None:
        """An update answered `created`: the server had lost the record since it was read, and now has part of it.

        The answer counts what was created and does not name it. Where that does not say which it was, the server's
        stamps do when it is read back.
        """
        rows = [row for row in batch.rows if not row.is_bare and not row.is_deleted]
        updates = [row.key for row in rows if self._intentions.memory.there.get(row.key) is not None]
        if updates and len(answer.created) >= len(rows):
            self._recreated.update(updates)

    def _note_break(self, keys: list[Key], error: DeliveryError) -> None:
        """Several in a row are no fault of these records: none of them counts as tried, and the error is raised."""
        self._words.update(dict.fromkeys(keys, error.what))
        self._breaks += 1
        self._unanswered.extend(keys)
        if self._breaks >= _BREAKS_MAX:
            for key in self._unanswered:
                self._answered[key] = 0
            raise error

    def _content_of(self, file: File) -> bytes | None:
        return self._store.snapshot.file_chunk(FileHash(file.hash), 0, file.size)

    def _require_member(self) -> None:
        """The charter is looked at once more before anything is sent. Raises Revoked or NotPermitted."""
        charter, device = self._parts.team.charter, self._parts.identity.device
        if charter.is_revoked(device):
            raise Revoked(what="The team has revoked this device, so it delivers nothing any more.")
        if not charter.is_member(device):
            raise NotPermitted(what="This device belongs to no team now, so it delivers nothing.")

    # --- the end ------------------------------------------------------------------------------------------------------

    def _keep_rejections(self, owed: list[Key]) -> None:
        """Keep what was learned of rejections, also where the delivery broke off."""
        before, still_owed = self._intentions.rejections, set(self._intentions.owed())
        kept: dict[Key, Rejection] = {}
        for key in owed:
            is_as_before = key in self._intentions.skipped or key not in self._intents
            if is_as_before and key in before:
                kept[key] = before[key]
            elif self._answered[key] and key in still_owed and self._is_open(key):
                kept[key] = self._rejection(key)
        if kept != before:
            self._intentions.rejections = kept
            with self._parts.desk.writing() as writing:
                put_rejections(writing, self._destination, kept)

    def _rejection(self, key: Key) -> Rejection:
        table, uuid = key
        wanted = self._intentions.one(key).digest
        before = self._intentions.rejections.get(key)
        tried_before = before.times if before is not None and before.wanted == wanted else 0
        intent, words = self._intents[key], self._words.get(key)
        if words and intent.row is not None and intent.row.is_deleted:
            words = f"it is not deleted there: {words}"
        return Rejection(
            table=table,
            uuid=uuid,
            what=words or self._intentions.silence(intent),
            wanted=wanted,
            times=self._answered[key] + tried_before,
            is_passing=key in self._passing,
        )

    def _result(self, owed: list[Key], already_there: int) -> DeliveryResult:
        held: list[Held] = []
        rejected: list[Rejected] = []
        still_owed = set(self._intentions.owed())
        for key in owed:
            if key not in still_owed:
                continue
            intent = self._intentions.one(key)
            kept = self._intentions.rejections.get(key)
            fields = self._intentions.owed_fields(key)
            reasons = self._intents[key].held or intent.held
            if kept is not None:
                rejected.append(Rejected(*key, intent.label, kept.what, kept.times, fields))
            if reasons or kept is None:
                words = "; ".join(reasons) or self._words.get(key) or "it could not be confirmed yet"
                held.append(Held(*key, intent.label, words, fields))
        total = sum(row.shown + row.deleted for row in self._store.records.tables())
        owed_total = len(still_owed)
        return DeliveryResult(
            delivered=len(self._sent - still_owed),
            sent=len(self._sent),
            already_there=already_there,
            held=tuple(held),
            rejected=tuple(rejected),
            delivered_total=total - owed_total,
            receipts_total=self._store.records.count_receipts(self._destination),
            owed_total=owed_total,
            read_again=self._read_again,
            is_pinned=self._destination in self._parts.team.charter.destinations,
        )


def _halves(batch: Batch) -> list[Batch]:
    """A batch in two, where it has several records at its top: one of them may be what breaks the server."""
    tops = list(dict.fromkeys(_top(row) for row in batch.rows))
    if len(tops) < 2:
        return []
    first = set(tops[: len(tops) // 2])
    parts = ([row for row in batch.rows if (_top(row) in first) is is_first] for is_first in (True, False))
    return [replace(batch, rows=tuple(part)) for part in parts]


def _top(row: Row) -> Key:
    return row.master or row.key
