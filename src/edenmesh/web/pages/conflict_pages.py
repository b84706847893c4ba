"""Deciding: what is open, one record after the other, and taking a decision back right after it.

A form carries the heads that were on the screen, so that a decision means what the person saw, whatever came in
meanwhile. Where the answers of a form do not fit, the same record is asked about again with all that was typed.
"""

from hashlib import sha256
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from edenmesh.errors import InvalidInput
from edenmesh.node import Device, RecordView
from edenmesh.web.pages.matters import NOTE, decision_of, is_open, matters_of
from edenmesh.web.pages.page import Visit, page
from edenmesh.web.pages.posting import TOKEN_FIELD
from edenmesh.web.pages.rendering import Renderer
from edenmesh.web.pages.wording import Wording
from edenmesh.web.visiting import Right

_LISTED: Final = 100
_NUMBER_CHARS_MAX: Final = 18
_SENT_MAX: Final = 500


class ConflictPages:
    """The list of what is open, and one record of it."""

    def __init__(self, device: Device, renderer: Renderer) -> None:
        self._device = device
        self._sent: dict[bytes, None] = {}
        decide = Right.DECIDE
        one = "/conflicts/{table}/{uuid}"
        self.routes = [
            page(renderer, "/conflicts", self.list),
            page(renderer, "/conflicts/next", self.next),
            page(renderer, "/conflicts/server", self.list, act=self.answer_server, act_right=decide),
            page(renderer, one, self.show, act=self.decide, act_right=decide),
            page(renderer, f"{one}/identity", self.show, act=self.identify, act_right=decide),
            page(renderer, f"{one}/undo", self.show, act=self.undo, act_right=decide),
        ]

    async def list(self, visit: Visit) -> Response:
        """All that is open, and questions of servers that can be answered together."""
        records, after = self._device.records.open_records(limit=_LISTED, after=_number(visit, "after"))
        status = self._device.status()
        servers = [one for one in status.destinations if one.questions]
        words = Wording(self._device, visit.texts)
        return visit.render(
            "conflicts.html", records=records, after=after, servers=servers, total=status.open, words=words
        )

    async def next(self, visit: Visit) -> Response:
        """The next open record; the list, where there is none after this one."""
        found, after = self._device.records.open_records(limit=1, after=_number(visit, "after"))
        if found:
            return visit.go(f"{address_of(found[0].table, found[0].uuid)}?at={after}")
        left = sum(one.open for one in self._device.tables())
        told = (
            visit.texts("That was the last one. Those you left open are below.")
            if left
            else visit.texts("Everything is decided.")
        )
        return visit.go("/conflicts", told)

    async def show(self, visit: Visit) -> Response:
        """One record: what is open about it, and the answers there are."""
        record = self._device.record(visit.part("table"), visit.part("uuid"))
        if visit.error is None and not is_open(record):
            told = visit.texts("Nothing is open about this record any more.")
            return visit.go(f"/data/{record.table}/{quote(record.uuid, safe='')}", told, kind="warn")
        words = Wording(self._device, visit.texts)
        names = words.order(record.table, {name: "" for strand in record.strands for name in strand.fields})
        template = "identity.html" if len(record.strands) > 1 else "conflict.html"
        return visit.render(
            template,
            record=record,
            matters=matters_of(record),
            at=_number(visit, "at"),
            names=names,
            words=words,
            note_field=NOTE,
        )

    async def decide(self, visit: Visit) -> Response:
        """Write what the form says; then the same record where something is left, else the next one."""
        before = self._device.record(visit.part("table"), visit.part("uuid"))
        if not visit.posted.all("head"):
            raise InvalidInput(
                what="The form does not say what was on the screen when it was filled in.",
                do="Look at the record again, then decide.",
            )
        if self._is_repeated(visit):
            return visit.go(
                "/conflicts", visit.texts("This was decided before; nothing was decided twice."), kind="warn"
            )
        after = self._device.decisions.resolve(before.table, before.uuid, decision_of(visit.posted))
        return self._decided(visit, before, after)

    async def identify(self, visit: Visit) -> Response:
        """Say whether the strands are one thing or different ones."""
        before = self._device.record(visit.part("table"), visit.part("uuid"))
        heads, why = visit.posted.all("head"), visit.posted.text("why").strip()
        said = visit.posted.text("identity")
        if not heads or said not in ("same", "different"):
            raise InvalidInput(
                what="It was not said whether they are the same or different.", do="Compare them, then choose one."
            )
        if self._is_repeated(visit):
            return visit.go(
                "/conflicts", visit.texts("This was decided before; nothing was decided twice."), kind="warn"
            )
        if said == "same":
            named = visit.posted.all("strand")
            after = self._device.decisions.join(before.table, before.uuid, named, heads=heads, why=why)
        else:
            keeps = visit.posted.text("keeps")
            if not keeps:
                raise InvalidInput(
                    what="It was not said which of them keeps the uuid.", do="Choose the one that others refer to."
                )
            after = self._device.decisions.part(before.table, before.uuid, keeps, heads=heads, why=why)
        return self._decided(visit, before, after)

    async def undo(self, visit: Visit) -> Response:
        """Take a decision back: what was open asks again."""
        table, uuid = visit.part("table"), visit.part("uuid")
        record = self._device.decisions.undo(table, uuid, visit.query.get("version", ""))
        where = f"{address_of(record.table, record.uuid)}?at={_number(visit, 'at')}"
        told = visit.texts("Undone: it is open again.") if is_open(record) else visit.texts("Undone.")
        return visit.go(where if is_open(record) else f"/data/{record.table}/{quote(record.uuid, safe='')}", told)

    async def answer_server(self, visit: Visit) -> Response:
        """One answer for all records a server has gone back about."""
        name, answer = visit.posted.text("name"), visit.posted.text("answer")
        if not answer:
            raise InvalidInput(what="It was not said which is right.", do="Choose one of the answers.")
        said = self._device.exchanges.answer(name, answer)
        told = visit.texts.plural("Answered for %(count)d record.", "Answered for %(count)d records.", said.answered)
        if said.left:
            left = visit.texts.plural(
                "The answer does not fit %(count)d other; it stays open.",
                "The answer does not fit %(count)d others; they stay open.",
                said.left,
            )
            told = f"{told} {left}"
        return visit.go("/conflicts", told, kind="warn" if said.left else "done")

    def _decided(self, visit: Visit, before: RecordView, after: RecordView) -> Response:
        self._remember(visit)
        at = _number(visit, "at")
        own = address_of(before.table, before.uuid)
        written = [one for one in after.heads if one not in before.heads]
        undo = f"{own}/undo?version={written[0]}&at={at}" if len(written) == 1 else ""
        if is_open(after):
            told = visit.texts("Decided. Something else is open about this record.")
            return visit.go(f"{own}?at={at}", told, undo=undo)
        told = visit.texts("Decided: %(label)s.", label=after.label)
        found, number = self._device.records.open_records(limit=1, after=at)
        if not found:
            found, number = self._device.records.open_records(limit=1)
        if not found:
            return visit.go("/conflicts", f"{told} {visit.texts('Everything is decided.')}", undo=undo)
        return visit.go(f"{address_of(found[0].table, found[0].uuid)}?at={number}", told, undo=undo)

    def _is_repeated(self, visit: Visit) -> bool:
        """Whether this very form was sent before. It names heads, so a later decision is never taken for it."""
        return _digest(visit) in self._sent

    def _remember(self, visit: Visit) -> None:
        self._sent[_digest(visit)] = None
        if len(self._sent) > _SENT_MAX:
            del self._sent[next(iter(self._sent))]


def _digest(visit: Visit) -> bytes:
    said = [(name, visit.posted.all(name)) for name in sorted(visit.posted.names()) if name != TOKEN_FIELD]
    return sha256(repr((visit.request.url.path, said)).encode(errors="replace")).digest()


def address_of(table: str, uuid: str) -> str:
    """Where a record is decided about."""
    return f"/conflicts/{quote(table, safe='')}/{quote(uuid, safe='')}"


def _number(visit: Visit, name: str) -> int:
    text = visit.query.get(name, "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _NUMBER_CHARS_MAX else 0
