"""Erasures as this store carries them out: hidden when they are heard of, destroyed after a day of running time.

An erasure names records by stubs, so what it covers is found by trying: each record's stub is looked up, some 3 us.
That is done for all records when the erasures change, and for those that a change names while any is in force;
where none is, nothing is asked. What comes after an erasure is hidden or destroyed by the very change that brings it.
One that is struck before its time gives back what it hid; what was destroyed is asked of others again.
"""

from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache
from typing import Final, NamedTuple

from edenmesh.core.ids import DeviceId, EntryId, record_id
from edenmesh.core.trust import Erasure, erase_stub
from edenmesh.store.database import Link
from edenmesh.store.versions import ABSENT, ERASED, Name

ERASE_AFTER_MS: Final = 24 * 60 * 60 * 1000
"""Running time of a device from hearing of an erasure to destroying what it names (design, section 2.7)."""


class Stage(IntEnum):
    """How far an erasure is on this device."""

    HIDDEN = 0
    DESTROYED = 1
    WRITTEN_HOME = 2
    """Destroyed, and no copy of it is in the write-ahead log."""


class KeptErasure(NamedTuple):
    """An erasure in force as it stands here. `ran_ms` is how long this device has run since it heard of it.

    `heard` are devices that are known here to have heard of it, too: a session with them ended with equal charters.
    """

    entry: EntryId
    ran_ms: int
    stage: Stage
    heard: frozenset[DeviceId]

    @property
    def left_ms(self) -> int:
        """Running time left until it destroys; 0 where it has."""
        return max(ERASE_AFTER_MS - self.ran_ms, 0) if self.stage is Stage.HIDDEN else 0


class Stubs:
    """Which erasures name a record."""

    def __init__(self, erasures: Iterable[Erasure]) -> None:
        self._by_salt: dict[bytes, dict[bytes, list[EntryId]]] = {}
        for erasure in erasures:
            named = self._by_salt.setdefault(erasure.salt, {})
            for stub in erasure.names:
                named.setdefault(stub, []).append(erasure.entry)

    def __bool__(self) -> bool:
        return bool(self._by_salt)

    def naming(self, table: str, uuid: str) -> list[EntryId]:
        """The erasures that name this record; nearly always none."""
        found: list[EntryId] = []
        for salt, named in self._by_salt.items():
            found += named.get(erase_stub(salt, "name", record_id(table, uuid)), ())
        return found


@lru_cache(maxsize=4)
def stubs_of(erasures: tuple[Erasure, ...]) -> Stubs:
    """The stubs of a charter's erasures; kept, since every change asks."""
    return Stubs(erasures)


def read_erasures(link: Link) -> dict[EntryId, KeptErasure]:
    """The erasures that are carried out here."""
    heard: dict[EntryId, set[DeviceId]] = {}
    for entry, device in link.rows("SELECT entry, device FROM heard"):
        heard.setdefault(EntryId(entry), set()).add(DeviceId(device))
    rows = link.rows("SELECT entry, ran, stage FROM erasures ORDER BY entry")
    kept = (KeptErasure(EntryId(one), ran, Stage(stage), frozenset(heard.get(one, ()))) for one, ran, stage in rows)
    return {one.entry: one for one in kept}


def note_erasures(link: Link, erasures: Iterable[Erasure]) -> set[EntryId]:
    """Note which erasures are in force. Returns those that were noted and are not any more: they were struck."""
    in_force = {erasure.entry: erasure for erasure in erasures}
    struck = {entry for entry in read_erasures(link) if entry not in in_force}
    for entry, erasure in in_force.items():
        link.run("INSERT INTO erasures VALUES (?, 0, 0) ON CONFLICT DO NOTHING", (entry,))
        if erasure.is_confirmed:
            set_stage(link, entry, Stage.DESTROYED)
    return struck


def forget_struck(link: Link, struck: Iterable[EntryId]) -> None:
    """Forget erasures that were struck. What they had destroyed here is wanted again: others may still have it."""
    stages = read_erasures(link)
    has_destroyed = False
    for entry in struck:
        has_destroyed = has_destroyed or stages[entry].stage is not Stage.HIDDEN
        link.run("DELETE FROM erasures WHERE entry = ?", (entry,))
    if has_destroyed:
        # Nobody notes which erasure a hole came from; what another one names is denied, or erased as it comes.
        link.run(
            "UPDATE versions SET standing = ? WHERE standing != 0 AND standing = ?"
            " AND num NOT IN (SELECT version FROM hidden_versions)",
            (ABSENT, ERASED),
        )


def note_heard(link: Link, device: DeviceId) -> None:
    """A session with a device ended with equal charters: it knows of all erasures that are in force here."""
    link.run("INSERT INTO heard SELECT entry, ? FROM erasures WHERE TRUE ON CONFLICT DO NOTHING", (device,))


def set_stage(link: Link, entry: EntryId, stage: Stage) -> None:
    """Note that an erasure has come so far; it never goes back to hiding."""
    link.run("UPDATE erasures SET stage = max(stage, ?) WHERE entry = ?", (stage, entry))


def unsettle(link: Link, entries: Iterable[EntryId]) -> None:
    """Note that erasures have destroyed something again, of which there is a copy in the write-ahead log."""
    sql = "UPDATE erasures SET stage = ? WHERE entry = ? AND stage = ?"
    link.run_many(sql, [(Stage.DESTROYED, entry, Stage.WRITTEN_HOME) for entry in entries])


def run_on(link: Link, elapsed_ms: int) -> list[EntryId]:
    """This device has run for so long. Returns the erasures whose time has come by that."""
    link.run("UPDATE erasures SET ran = ran + ? WHERE stage = ?", (elapsed_ms, Stage.HIDDEN))
    rows = link.rows(
        "UPDATE erasures SET stage = ? WHERE stage = ? AND ran >= ? RETURNING entry",
        (Stage.DESTROYED, Stage.HIDDEN, ERASE_AFTER_MS),
    )
    return [EntryId(row[0]) for row in rows]


def has_unsettled(link: Link) -> bool:
    """Whether something was destroyed of which the write-ahead log may have a copy."""
    return link.row("SELECT 1 FROM erasures WHERE stage = ? LIMIT 1", (Stage.DESTROYED,)) is not None


def note_settled(link: Link) -> None:
    """Note that the write-ahead log has no copies."""
    link.run("UPDATE erasures SET stage = ? WHERE stage = ?", (Stage.WRITTEN_HOME, Stage.DESTROYED))


def names_here(link: Link) -> list[Name]:
    """Table and uuid of all records here, hidden ones as well."""
    rows = link.rows(
        "SELECT name, uuid FROM records JOIN tables ON tables.num = table_num"
        " UNION SELECT name, uuid FROM hidden_records JOIN tables ON tables.num = table_num"
    )
    return [(name, uuid) for name, uuid in rows]


def names_hidden(link: Link) -> list[Name]:
    """Table and uuid of the records that are hidden and not destroyed yet."""
    return [
        (name, uuid)
        for name, uuid in link.rows("SELECT name, uuid FROM hidden_records JOIN tables ON tables.num = table_num")
    ]
