"""What all owed records ask for, by what was seen of them so far: the memory of one delivery, and its plan.

Rests on what is stored: an intent is worked out anew from the record's versions whenever it is asked for, so what
came in meanwhile, by a person here or from a peer, is in it.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from edenmesh.core.ids import FileHash
from edenmesh.core.records import Field, Reference, owed_fields
from edenmesh.eden import Key, Row
from edenmesh.node.delivery.intent import Intent, World, intend, missing_of, prune
from edenmesh.node.delivery.observer import Observer, Seen
from edenmesh.node.delivery.rejections import read_rejections
from edenmesh.node.parts import why_absent
from edenmesh.store import READ_AGAIN_MS, RecordVersions, Store

_PAGE: Final = 1000
_TURN: Final = 100


@dataclass(slots=True)
class Memory:
    """What a delivery has seen: rows by record, None where there is none; and what could not be read, and why.

    `versions` stand for what is stored where a plan is made without writing.
    """

    there: dict[Key, Row | None] = field(default_factory=dict)
    problems: dict[Key, str] = field(default_factory=dict)
    versions: dict[Key, RecordVersions] = field(default_factory=dict)

    def take(self, seen: Iterable[Seen]) -> None:
        """Remember what was seen last."""
        for one in seen:
            if one.problem:
                self.problems[one.key] = one.problem
            else:
                self.there[one.key] = one.row
                self.problems.pop(one.key, None)


class Intentions:
    """What is to be sent to one destination, record by record."""

    def __init__(self, store: Store, observer: Observer, *, is_again: bool = False) -> None:
        self.memory: Final = Memory()
        self.rejections = read_rejections(store, observer.destination)
        self.skipped: Final[set[Key]] = set()
        self._store = store
        self._observer = observer
        self._is_again = is_again
        self._world = World(observer.destination, observer.catalogue, self._has_file, observer.resides)

    def owed(self) -> list[Key]:
        """All records that the destination was not last seen to hold as they are shown here."""
        keys: list[Key] = []
        after = 0
        while rows := self._store.records.owed(self._observer.destination, after=after, limit=_PAGE):
            keys.extend((row.table, row.uuid) for row in rows)
            after = rows[-1].num
        return keys

    def due_again(self, now_ms: int) -> list[Key]:
        """Delivered records that this device read back a day ago or earlier and not again since; so many at once."""
        rows = self._store.records.due_again(self._observer.destination, now_ms - READ_AGAIN_MS, limit=_PAGE)
        return [(row.table, row.uuid) for row in rows]

    def is_read_twice(self, key: Key) -> bool:
        """Whether a record is delivered and was read back a second time, a day later."""
        row = self._store.records.row(*key)
        deliveries = self._store.records.deliveries(row.num) if row is not None else []
        return any(one.destination == self._observer.destination and one.again_ms for one in deliveries)

    def owed_fields(self, key: Key) -> tuple[str, ...]:
        """The fields whose value the destination was not last seen to hold."""
        held = self._held(key)
        if not held.versions:
            return ()
        return owed_fields(held.state(), held.versions, self._observer.destination, held.uncounted)

    def to_read(self, keys: Iterable[Key]) -> list[Key]:
        """Those of the records that are to be asked for."""
        return [key for key in keys if not self._goes_with_master(key)]

    def one(self, key: Key) -> Intent:
        """What one record asks for, by itself."""
        intent = intend(key, self._held(key), self.memory.there.get(key), self._world)
        absent = why_absent(self._store, *key)
        if absent:
            intent.hold(absent)
        return intent

    async def plan(self, keys: Iterable[Key]) -> dict[Key, Intent]:
        """What these records ask for, in view of each other, of what could not be read, and of what was rejected.

        Others have their turn meanwhile: working out 100,000 records takes half a minute.
        """
        intents: dict[Key, Intent] = {}
        for number, key in enumerate(keys):
            if number % _TURN == 0:
                await asyncio.sleep(0)
            intent = intents[key] = self.one(key)
            kept = self.rejections.get(key)
            if intent.is_delivered:
                continue
            if key in self.memory.problems:
                intent.hold(self.memory.problems[key])
            elif intent.row is not None and key not in self.memory.there and self._goes_with_master(key):
                intent.hold("its master was deleted here, and it goes with it at the server")
            elif kept is not None and kept.is_final and kept.wanted == intent.digest and not self._is_again:
                self.skipped.add(key)
                intent.row = None
        prune(intents, self._is_there, self._observer.catalogue)
        return intents

    def lacks(self, intent: Intent) -> bool:
        """Whether the server does not show what was sent."""
        there = self.memory.there.get(intent.key)
        if intent.row is None:
            return False
        return there is not None if intent.row.is_deleted else there is None or bool(missing_of(intent, there))

    def silence(self, intent: Intent) -> str:
        """What to say of a record that the server did not refuse and does not show as it was sent."""
        there = self.memory.there.get(intent.key)
        if there is None or (intent.row is not None and intent.row.is_deleted):
            return (
                f"the server answered that all is well, and {'does not have it' if there is None else 'still has it'}"
            )
        fields = self._observer.catalogue.fields(intent.key[0])
        words = [self._why(name, intent, fields) for name in missing_of(intent, there)]
        return f"the server answered that all is well, and does not show as sent: {', '.join(words)}"

    def _why(self, name: str, intent: Intent, fields: Mapping[str, Field]) -> str:
        content = intent.row.fields.get(name) if intent.row is not None else None
        if isinstance(content, Reference) and self._is_there((content.table, content.uuid)) is None:
            return f"{name} (it may not have {content.table} {content.uuid})"
        return f"{name} (its form has no such field)" if fields and name not in fields else name

    def _held(self, key: Key) -> RecordVersions:
        return self.memory.versions.get(key) or self._observer.held(key)

    def _goes_with_master(self, key: Key) -> bool:
        """Whether the record hangs on one that was deleted here: a server deletes it with its master."""
        master = self._observer.place_of(self._held(key), key)
        return master != key and self._is_deleted(master) and not self._is_deleted(key)

    def _is_deleted(self, key: Key) -> bool:
        held = self._held(key)
        strand = held.state().strand if held.versions else None
        return strand is not None and strand.is_deleted

    def _is_there(self, key: Key) -> bool | None:
        if key in self.memory.there:
            return self.memory.there[key] is not None
        held = self._held(key)
        if not held.versions:
            return None
        return self._observer.is_seen_there(held) and not self._is_deleted(key)

    def _has_file(self, file: FileHash) -> bool:
        return self._store.snapshot.file_size(file) is not None
