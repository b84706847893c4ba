"""Purging: removing whole records on this device only, with a warning where no server is known to hold them.

A receipt is a gateway's own observation that a server of the team holds what is shown (core.records). Nothing else
licenses a purge without a word: that others have a copy does not, since they may purge it, too. And nothing at all
licenses a purge of what no other member is known to hold (elsewhere.py): it would leave a hole nobody can fill.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from edenmesh.core.records import OPEN
from edenmesh.errors import InvalidInput, NotPermitted
from edenmesh.node.deletion.elsewhere import Elsewhere
from edenmesh.node.deletion.views import PurgeResult, PurgeView
from edenmesh.node.parts import Parts
from edenmesh.node.records import RecordDesk, label_of
from edenmesh.store import Delivery, Name

_A_CHANGE: Final = 500
_PAGE: Final = 1000


class Purging:
    """Looks at what a purge would remove, and removes it."""

    def __init__(self, parts: Parts, records: RecordDesk, elsewhere: Elsewhere) -> None:
        self._parts = parts
        self._store = parts.store
        self._records = records
        self._elsewhere = elsewhere

    def look(self, table: str, uuid: str) -> PurgeView:
        """What speaks against purging a record. Raises InvalidInput where it is not here."""
        table, uuid, held = self._records.find(table, uuid)
        row = self._store.records.row(table, uuid)
        deliveries = self._store.records.deliveries(row.num) if row is not None else []
        state = held.state()
        label = label_of(state.strands[0].values, uuid) if state.strands else uuid
        names = self._records.names()
        receipts = [names.server(one.destination) for one in deliveries if one.is_receipt]
        warnings = [*self._owed(deliveries), *self._unread(deliveries)]
        if state.flags & OPEN:
            warnings.append("something about it is not decided yet, and nothing undecided is delivered")
        if not receipts:
            warnings.insert(0, "it is not known to be at a server: no gateway has seen it there as it is shown here")
        only_here = self._elsewhere.only_here(held)
        if only_here:
            are = "is" if len(only_here) == 1 else "are"
            warnings.insert(
                0, f"{len(only_here):,} of its changes {are} not known to be on any other device of the team"
            )
        members = [(table, one) for one in self._store.deleted.family(table, uuid)]
        return PurgeView(
            table=table,
            uuid=uuid,
            label=label,
            versions=len(held.versions),
            size_bytes=self._store.deleted.bytes_of(members),
            receipts=tuple(receipts),
            warnings=tuple(warnings),
            is_received=not warnings,
            is_only_copy=bool(only_here),
        )

    def look_at_table(self, table: str) -> list[PurgeView]:
        """The same for all records of a table, deleted ones among them."""
        found: list[PurgeView] = []
        after = 0
        while rows := self._store.records.page(table, after=after, limit=_PAGE, with_deleted=True):
            found += [self.look(row.table, row.uuid) for row in rows]
            after = rows[-1].num
        return found

    def purge(self, names: Iterable[Name], *, is_unreceived_accepted: bool = False) -> PurgeResult:
        """Remove records here, but for those that no other member is known to hold whole: the result names them.

        Raises NotPermitted, and removes nothing, where a warning was not accepted or nothing could be given up.
        """
        views = [self.look(*name) for name in names]
        kept = tuple(view for view in views if view.is_only_copy)
        going = [view for view in views if not view.is_only_copy]
        if kept and not going:
            others = f" and {len(kept) - 1:,} more" if len(kept) > 1 else ""
            named = f"{kept[0].label} ({kept[0].uuid}){others}"
            raise NotPermitted(
                what=f"No other device of the team is known to have all of {named}.",
                kept="Nothing was purged.",
                do="Sync with another device of the team first; what it has then may go here.",
            )
        for view in going:
            if not (view.is_received or is_unreceived_accepted):
                raise NotPermitted(
                    what=f"No receipt covers {view.label} ({view.uuid}): {'; '.join(view.warnings)}.",
                    kept="Nothing was purged.",
                    do="Deliver first, or say --yes to purge it here all the same.",
                )
        done = self.remove([(view.table, view.uuid) for view in going], sum(view.size_bytes for view in going))
        return replace(done, kept=kept)

    def remove(self, names: Iterable[Name], size_bytes: int, *, is_automatic: bool = False) -> PurgeResult:
        """Remove records here without a question; how many bytes they took is the caller's to say.

        What no other member is known to hold whole stays, whoever asks.
        """
        now_ms = int(self._parts.settings.wall_clock() * 1000)
        records = versions = 0
        ordered = [name for name in names if not self._is_only_here(name)]
        for start in range(0, len(ordered), _A_CHANGE):
            with self._parts.desk.writing() as writing:
                for name in ordered[start : start + _A_CHANGE]:
                    count = writing.purge(*name, now_ms=now_ms, is_automatic=is_automatic)
                    records += bool(count)
                    versions += count
        return PurgeResult(records, versions, size_bytes)

    def fetch(self, table: str, uuid: str) -> int:
        """Want a purged record again: peers are asked for it from now on. Returns how many versions are wanted.

        Raises InvalidInput where nothing of it was purged here.
        """
        table, uuid = self.find_purged(table, uuid)
        with self._parts.desk.writing() as writing:
            return writing.restore(table, uuid, now_ms=int(self._parts.settings.wall_clock() * 1000))

    def find_purged(self, table: str, uuid: str) -> Name:
        """A purged record by its uuid or the beginning of it. Raises InvalidInput where it is not one."""
        found: list[Name] = []
        after = 0
        while rows := self._store.deleted.purged(after=after, limit=_PAGE):
            named = (row for row in rows if table in ("", row.table) and uuid)
            found += [(row.table, row.uuid) for row in named if row.uuid.startswith((uuid, f"urn:uuid:{uuid}"))]
            after = rows[-1].num
        exact = [name for name in found if name[1] == uuid]
        if len(exact or found) != 1:
            what = f"{len(found)} purged records begin with {uuid}." if found else f"No record {uuid} was purged here."
            raise InvalidInput(what=what, do="See what was purged with `edenmesh bin list`.")
        return (exact or found)[0]

    # --- what speaks against it ---------------------------------------------------------------------------------------

    def _owed(self, deliveries: list[Delivery]) -> list[str]:
        held_by = {one.destination for one in deliveries}
        owed = [one.name for one in self._store.notes.destinations() if one.id not in held_by]
        return [f"it is owed to {name}: that server was not last seen to hold what is shown here" for name in owed]

    def _unread(self, deliveries: list[Delivery]) -> list[str]:
        names = self._records.names()
        waiting = [names.server(one.destination) for one in deliveries if one.first_ms and not one.again_ms]
        return [f"this device has not read it back at {name} a second time, a day later" for name in waiting]

    def _is_only_here(self, name: Name) -> bool:
        held = self._store.records.versions(*name)
        return held is not None and bool(self._elsewhere.only_here(held))
