"""Rules of the stand-in, each broken in one place: whoever compares it with recorded exchanges must notice."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

import pytest

from edenmesh.standin import exporting, importing, queries, reading, values
from edenmesh.standin.s3json import Json, Node
from edenmesh.standin.schema import Field, Key, Table, Value
from edenmesh.standin.state import Row

Sabotage: TypeAlias = Callable[[pytest.MonkeyPatch], None]


def older_edits_are_refused(patch: pytest.MonkeyPatch) -> None:
    """The last edit wins instead of the last arrival."""
    update = importing._Commit._update

    def careful(self: importing._Commit, item: reading.Item, original: Row) -> None:
        if not (item.modified_on and original.modified_on and item.modified_on < original.modified_on):
            update(self, item, original)

    patch.setattr(importing._Commit, "_update", careful)


def references_to_unknown_records_are_kept(patch: pytest.MonkeyPatch) -> None:
    """An optional reference that does not resolve is stored instead of dropped."""
    reference = reading.Reader._reference

    def trusting(self: reading.Reader, table: Table, node: Node) -> reading.Pending | None:
        column = table.field(node.name)
        found = reference(self, table, node)
        return found or (reading.Pending(node.name, node, key=Key(column.refers_to, 1)) if column else None)

    patch.setattr(reading.Reader, "_reference", trusting)


def masters_are_deleted_from_under_others(patch: pytest.MonkeyPatch) -> None:
    """A record that others refer to is deleted all the same."""
    patch.setattr(importing, "is_restricted", lambda *_: False)


def deleted_records_stay_deleted(patch: pytest.MonkeyPatch) -> None:
    """A deletion is final, whatever is pushed after it."""
    update = importing._Commit._update

    def final(self: importing._Commit, item: reading.Item, original: Row) -> None:
        if not original.is_deleted:
            update(self, item, original)

    patch.setattr(importing._Commit, "_update", final)


def null_empties_a_field(patch: pytest.MonkeyPatch) -> None:
    """`null` is taken for what it looks like."""
    read = values.read

    def sensible(field: Field, node: Node) -> Value | None:
        value = read(field, node)
        return "" if value == "None" else value

    patch.setattr(values, "read", sensible)


def since_leaves_out_the_same_second(patch: pytest.MonkeyPatch) -> None:
    """`msince` means after, not from."""
    stamp = queries._stamp

    def after(text: str | None) -> datetime | None:
        moment = stamp(text)
        return moment.replace(microsecond=1) if moment else None

    patch.setattr(queries, "_stamp", after)


def hop_counts_are_shown_as_stored(patch: pytest.MonkeyPatch) -> None:
    """An export does not count itself as a hop."""
    attributes = exporting.Exporter._attributes

    def uncounted(self: exporting.Exporter, row: Row, url: str | None) -> dict[str, Json]:
        written = attributes(self, row, url)
        return {**written, "@mci": str(row.mci)} if row.mci is not None else written

    patch.setattr(exporting.Exporter, "_attributes", uncounted)


def deletions_do_nothing(patch: pytest.MonkeyPatch) -> None:
    """A deletion is answered and not done."""
    patch.setattr(importing, "delete", lambda *_: None)


SABOTAGES: tuple[Sabotage, ...] = (
    older_edits_are_refused,
    references_to_unknown_records_are_kept,
    masters_are_deleted_from_under_others,
    deleted_records_stay_deleted,
    null_empties_a_field,
    since_leaves_out_the_same_second,
    hop_counts_are_shown_as_stored,
    deletions_do_nothing,
)
