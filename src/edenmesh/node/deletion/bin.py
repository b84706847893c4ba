"""The bin: everything that was deleted, as this device knows it, and the ways back."""

from edenmesh.core.ids import format_id
from edenmesh.core.records import Flag
from edenmesh.errors import InvalidInput
from edenmesh.node.deletion.erasing import Erasing
from edenmesh.node.deletion.views import BinView, PurgedView, RetractedView
from edenmesh.node.parts import Parts
from edenmesh.node.records import Decisions, RecordDesk, RecordView, label_of
from edenmesh.store import RecordRow


class Bin:
    """Shows what was deleted, and brings back what was retracted."""

    def __init__(self, parts: Parts, records: RecordDesk, decisions: Decisions, erasing: Erasing) -> None:
        self._store = parts.store
        self._records = records
        self._decisions = decisions
        self._erasing = erasing

    def look(self, *, limit: int = 100, after: int = 0) -> BinView:
        """What was deleted; of purged and of retracted records at most `limit`."""
        rows = self._store.deleted.purged(after=after, limit=limit)
        purged = tuple(
            PurgedView(one.table, one.uuid, one.purged_at, one.is_automatic, one.versions, one.has_newer)
            for one in rows
        )
        return BinView(
            purged=purged,
            purged_after=rows[-1].num if rows and len(rows) == limit else 0,
            wanted=self._store.snapshot.open_counts().absent,
            retracted=tuple(self._retracted(row) for row in self._store.records.flagged(Flag.DELETED, limit=limit)),
            erasures=tuple(self._erasing.erasures()),
            asked=tuple(self._erasing.asked()),
        )

    def restore(self, table: str, uuid: str, *, why: str = "") -> RecordView:
        """Bring back a record that was deleted for all, for all: what deleted it is undone.

        Raises InvalidInput where it is not deleted.
        """
        table, uuid, held = self._records.find(table, uuid)
        deleting = [one for strand in held.state().strands for one in strand.retracts]
        if not deleting:
            raise InvalidInput(
                what=f"The record {uuid} is not deleted.", kept="Nothing was changed.", do="See `edenmesh bin list`."
            )
        for one in deleting:
            self._decisions.undo(table, uuid, format_id("v", one), why=why)
        return self._records.view(table, uuid)

    def _retracted(self, row: RecordRow) -> RetractedView:
        held = self._store.records.versions_of(row.num)
        strands = held.state().strands
        names = self._records.names()
        retracts = [held.versions[one] for strand in strands for one in strand.retracts]
        label = label_of(strands[0].values, row.uuid) if strands else row.uuid
        by = tuple(dict.fromkeys(names.by(one) for one in retracts))
        return RetractedView(row.table, row.uuid, label, by, max((one.made for one in retracts), default=0))
