"""A file that a server gave out, taken as what it is: a reading of that server (design, sections 2.5 and 2.6).

Each row is observed as if it had been read there, with the stamps in the file. Only rows that a read by name would show
so say what the server holds: not those without the server's stamps, which it adds for what others refer to, and no
component away from the place where it is read. A record that the file does not have was not looked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import DestinationId
from edenmesh.core.records import (
    ALIAS,
    MASTER,
    OBSERVE,
    Carried,
    Catalogue,
    Content,
    Draft,
    Flag,
    Pen,
    Reading,
    compose,
    content_text,
    observe,
)
from edenmesh.eden import Row, is_same_when_stored, is_server_row, master_of
from edenmesh.errors import InvalidInput
from edenmesh.node.records.names import IMPORTED
from edenmesh.store import RecordVersions

_NONE_HELD = RecordVersions({}, frozenset())


@dataclass(frozen=True, slots=True)
class FileReading:
    """Reads one destination's rows out of a file."""

    destination: DestinationId
    catalogue: Catalogue

    def observation(self, row: Row, held: RecordVersions | None, pen: Pen) -> Carried | None:
        """The observation that a row is, or None where it says nothing new.

        Raises InvalidInput where the row does not say what the server holds.
        """
        if is_server_row(row) or row.is_bare:
            return None
        self._require_whole(row)
        known = (held or _NONE_HELD).alone()
        row = in_our_words(row, known)
        fields = None if row.is_deleted else row.fields
        reading = Reading(self.destination, fields, row.modified_on, row.created_on)
        draft = observe(known.versions, reading, known.uncounted, known.declarations)
        if draft is None:
            return None
        strand = held.state().strand if held is not None else None
        carried = self._compose(row, draft, pen, strand.about if strand is not None else {})
        return None if is_needless(row, known, carried) else carried

    def _require_whole(self, row: Row) -> None:
        if not (row.modified_on or row.is_deleted):
            raise InvalidInput(what="It has no stamp of the server, so it does not say when the server held this.")
        if row.files:
            raise InvalidInput(what="A file of it was not given, so it does not say what the server holds.")
        if (master_of(row, self.catalogue) is not None) is not (row.master is not None):
            raise InvalidInput(what="The server shows it at another place; export that, too.")

    def _compose(self, row: Row, draft: Draft, pen: Pen, strand: Mapping[str, Plain]) -> Carried:
        about: dict[str, Plain] = {**strand, **draft.about, "via": IMPORTED}
        return compose(pen, row.table, row.uuid, draft.change, parents=draft.parents, op=OBSERVE, about=about)


def in_our_words(row: Row, held: RecordVersions) -> Row:
    """The row with our form of values that the server is known to store in a form of its own."""
    fields = dict(row.fields)
    for strand in held.state().strands if held.versions else ():
        for name, known in strand.fields.items():
            for choice in known.choices:
                ours = choice.content
                if ours is not None and is_same_when_stored(row.table, name, ours, row.fields):
                    fields[name] = ours
    return replace(row, fields=fields)


def is_needless(row: Row, held: RecordVersions, carried: Carried) -> bool:
    """Whether an observation would only raise a question nobody has.

    A record that came with a uuid from outside was sent and not all of it was kept: the server's row has nothing but
    values of ours and its own defaults. By the rule of strands it would contest the record (design, section 2.5),
    though nothing in it contradicts ours. What is missing is sent again, or shown as rejected, all the same.
    """
    if carried.version.parents or carried.version.observation.after or not held.versions or row.is_deleted:
        return False
    if Flag.IDENTITY in held.state().flags:
        return False
    return Flag.IDENTITY in held.including(carried).state().flags and _has_only_ours(row.fields, held)


def _has_only_ours(fields: Mapping[str, Content], held: RecordVersions) -> bool:
    given: dict[str, set[str]] = {}
    for version in held.versions.values():
        for name, value in version.set.items():
            given.setdefault(name, set()).add(content_text(value))
    shared = [name for name in fields if name in given and name not in (MASTER, ALIAS)]
    return bool(shared) and all(content_text(fields[name]) in given[name] for name in shared)
