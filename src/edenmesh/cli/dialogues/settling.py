"""One person settles open records one after the other at a terminal, without typing ids.

Every answer is typed: a number, a letter, a word. Nothing is chosen by an empty line, by leaving or by the end of the
input; what was decided before stays decided. Each record is looked at anew when its turn comes, and each decision
carries the heads that were on the screen, so that what others write meanwhile is neither overwritten nor lost.
"""

from collections.abc import Sequence
from typing import Final

from edenmesh.cli.dialogues.strand_deciding import ask_strands
from edenmesh.cli.drawing import (
    CLOCKS,
    NOTE,
    Body,
    Life,
    Matter,
    RecordShown,
    Reply,
    draw_life,
    draw_matter,
    draw_strands,
    matters_of,
    merged,
)
from edenmesh.cli.reaching import Asking, Call, Client
from edenmesh.errors import EdenmeshError, InvalidInput

_YES_NO: Final = ("yes", "no")
_BACK: Final = "back"


class Left(Exception):
    """The person quits, or no more input will come."""


class Skipped(Exception):
    """The person leaves this record open."""


class Settling:
    """Settles records with one person.

    `asked` counts the records there were, `decided` the decisions made; `is_left`: the person has had enough.
    """

    def __init__(self, call: Call, device: Client, asking: Asking, *, why: str = "") -> None:
        self._screen: Final = call.screen
        self._device: Final = device
        self._asking: Final = asking
        self._why: Final = why
        self._queue: list[RecordShown] = []
        self.asked = self.decided = 0
        self.is_left = False

    async def settle(self, records: Sequence[RecordShown]) -> None:
        """Ask about each of the records, until all are settled or skipped or the person quits."""
        self._queue = list(records)
        total = len(records)
        if not total:
            return
        self.asked += total
        self._screen.say(f"{total:,} to decide. {CLOCKS} h: history, s: skip, q: quit.")
        try:
            while self._queue:
                number = total - len(self._queue) + 1
                record = await self._look(self._queue.pop(0))
                if record is not None:
                    await self._settle_one(record, f"{number} of {total}" if total > 1 else "")
        except Left:
            self.is_left = True

    async def _settle_one(self, record: RecordShown, place: str) -> None:
        """One record, until nothing of it is open or the person goes on to the next."""
        seen: RecordShown | None = record
        try:
            while seen is not None and seen.is_open:
                self._screen.say("")
                self._screen.say(f"{f'{place}: ' if place else ''}{seen.label}   {seen.table}", style="bold")
                try:
                    seen = await self._decide(seen)
                except InvalidInput as error:
                    # A value that does not fit is asked for again; nothing was written.
                    self._screen.error(error)
                    seen = await self._look(record)
        except Skipped:
            self._screen.say("Left open.")

    async def _decide(self, record: RecordShown) -> RecordShown:
        if len(record.strands) > 1:
            draw_strands(self._screen, record)
            body = await ask_strands(record, lambda question: self._ask(question, record))
            if not body:
                raise Skipped
            after = await self._post("/api/record/identity", record, body)
            self._screen.say("Decided.", style="green")
            return after
        matters = matters_of(record)
        if not matters:
            self._screen.say(f"Open: {', '.join(record.flags)}. This cannot be decided here now.", style="yellow")
            raise Skipped
        bodies: list[Body] = []
        for matter in matters:
            body, reply = await self._matter(record, matter)
            bodies.append(body)
            if reply is not None and reply.ends:
                break
        whole = merged(bodies)
        if not whole:
            raise Skipped
        after = await self._post("/api/record/resolve", record, whole)
        self._screen.say("Decided.", style="green")
        if not all(bodies):
            raise Skipped  # what was skipped stays open
        return after

    async def _matter(self, record: RecordShown, matter: Matter) -> tuple[Body, Reply | None]:
        """What a person says about one matter; nothing where it is skipped, which only a field can be."""
        alike = self._alike(matter)
        draw_matter(self._screen, matter)
        numbers = {str(number): reply for number, reply in enumerate(matter.replies, 1)}
        hints = [*numbers, *(("v another value", "b keep both") if matter.fields else ())]
        hints += [f"a same for all {len(alike) + 1:,} alike"] if alike else []
        while True:
            typed = await self._ask(f"{matter.question} [{' / '.join([*hints, 'h', 's', 'q'])}] ", record)
            if typed in numbers:
                return numbers[typed].body, numbers[typed]
            if typed == "s":
                if not matter.fields:
                    raise Skipped
                return {}, None
            body: Body = {}
            if typed == "v" and matter.fields:
                body = await self._typed(record, matter)
            elif typed == "b" and matter.fields:
                body = await self._both(record, matter, numbers)
            elif typed == "a" and alike:
                reply = await self._for_all(record, matter, alike, numbers)
                if reply is not None:
                    return reply.body, reply
            if body:
                return body, None

    # --- answers ------------------------------------------------------------------------------------------------------

    async def _ask(self, question: str, record: RecordShown) -> str:
        """What was typed. History is shown in between; raises Left where the person quits or the input ends."""
        while True:
            typed = await self._asking.ask(question)
            if typed is None or typed == "q":
                raise Left
            if typed != "h":
                return typed
            query = {"table": record.table, "uuid": record.uuid}
            draw_life(self._screen, (await self._device.get("/api/record/history", query)).read(Life))

    async def _typed(self, record: RecordShown, matter: Matter) -> Body:
        """Another value, for each field of the matter; an empty line goes back to the choice."""
        values: Body = {}
        for name in matter.fields:
            typed = await self._ask(f"{name}: ", record)
            if not typed:
                return {}
            values[name] = typed
        return {"values": values}

    async def _both(self, record: RecordShown, matter: Matter, numbers: dict[str, Reply]) -> Body:
        """One value stays in the field, the others go into the note."""
        question = f"Which stays in the field? The others go into {NOTE}. [{' / '.join([*numbers, 'v', _BACK])}] "
        while (typed := await self._ask(question, record)) != _BACK:
            chosen = numbers[typed].body if typed in numbers else {}
            if typed == "v":
                chosen = await self._typed(record, matter)
            if chosen:
                return {**chosen, "both": [*matter.fields[:1]]}
        return {}

    async def _for_all(
        self, record: RecordShown, matter: Matter, alike: list[RecordShown], numbers: dict[str, Reply]
    ) -> Reply | None:
        """The same answer for all alike, asked once more; the others are written here, this one by who asked."""
        count = len(alike) + 1
        names = ", ".join(f"{number} {_whose(matter, reply)}" for number, reply in numbers.items())
        typed = await self._ask(f"Which for all {count:,}? [{names} / {_BACK}] ", record)
        reply = numbers.get(typed)
        if reply is None:
            return None
        for one in alike[:5]:
            found = _same_matter(one, matter)
            same = found.reply(reply.name) if found is not None else None
            self._screen.say(f"  {one.label}: {same.text if same is not None else ''}")
        if count > 6:
            self._screen.say(f"  and {count - 6:,} more")
        question = f"{_whose(matter, reply)} for {matter.title} in all {count:,} records? [yes/no] "
        while (typed := await self._ask(question, record)) not in _YES_NO:
            pass
        if typed == "no":
            return None
        for one in alike:
            await self._same(one, matter, reply)
        return reply

    async def _same(self, record: RecordShown, matter: Matter, reply: Reply) -> None:
        """Give a record alike the same answer; one that has changed meanwhile is asked about when its turn comes."""
        found = _same_matter(record, matter)
        same = found.reply(reply.name) if found is not None else None
        if same is not None:
            try:
                await self._post("/api/record/resolve", record, same.body)
            except EdenmeshError as error:
                self._screen.error(error)

    def _alike(self, matter: Matter) -> list[RecordShown]:
        if not matter.can_be_shared:
            return []
        return [record for record in self._queue if _same_matter(record, matter) is not None]

    # --- the device ---------------------------------------------------------------------------------------------------

    async def _look(self, record: RecordShown) -> RecordShown | None:
        """The record as it is now; None where it is not here any more."""
        query = {"table": record.table, "uuid": record.uuid}
        try:
            return (await self._device.get("/api/record", query)).read(RecordShown)
        except InvalidInput:
            return None

    async def _post(self, path: str, record: RecordShown, body: Body) -> RecordShown:
        seen: Body = {"table": record.table, "uuid": record.uuid, "heads": [*record.heads], "why": self._why}
        answer = await self._device.post(path, {**seen, **body})
        self.decided += 1
        return answer.read(RecordShown)


def _same_matter(record: RecordShown, matter: Matter) -> Matter | None:
    found = [one for one in matters_of(record) if one.kind == matter.kind]
    return found[0] if found else None


def _whose(matter: Matter, reply: Reply) -> str:
    return f"{reply.name}'s" if matter.fields else reply.text
