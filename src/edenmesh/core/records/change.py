"""Writing: from what a person wants a record to show, to the version that says so.

Only what differs is written. A list field changes by additions and removals, each removal naming the additions its
author saw (design, section 2.2). An edit follows the heads that its author saw and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from edenmesh.core.encoding import Plain, normal_text
from edenmesh.core.ids import AuthorId, FormHash
from edenmesh.core.records.state import FieldState, StrandState
from edenmesh.core.records.values import Content, Reference, Value, canonical_text
from edenmesh.core.records.version import FORMAT, PUT, Carried, Removal, Version, owned_uuid, write
from edenmesh.errors import InvalidInput


@dataclass(slots=True)
class Change:
    """What a version does to the fields of its record."""

    set: dict[str, Value] = field(default_factory=dict)
    unset: list[str] = field(default_factory=list)
    add: dict[str, list[Value]] = field(default_factory=dict)
    remove: dict[str, list[Removal]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be written."""
        return not (self.set or self.unset or self.add or self.remove)


@dataclass(frozen=True, slots=True)
class Pen:
    """Who writes the next version, and when: the author, its next seq, wall time in milliseconds, fresh salt."""

    author: AuthorId
    seq: int
    made: int
    salt: bytes
    schema: FormHash = FormHash(b"")  # noqa: RUF009 - an empty constant


def difference(strand: StrandState | None, wanted: Mapping[str, Content | None]) -> Change:
    """The change after which a strand shows the wanted contents; None and empty text empty a field.

    A field in conflict is always written: the person saw its values and gave one. Fields not named stay as they are.
    """
    change = Change()
    for name, content in wanted.items():
        known = strand.fields.get(name) if strand is not None else None
        if isinstance(content, tuple) or (known is not None and isinstance(known.shown, tuple)):
            _change_list(change, name, content, known)
        elif content is None or content == "":
            if known is not None:
                change.unset.append(name)
        else:
            value = normal_value(content)
            if known is None or known.is_conflict or _text(known) != canonical_text(value):
                change.set[name] = value
    change.unset.sort()
    return change


def compose(
    pen: Pen,
    table: str,
    uuid: str | None,
    change: Change,
    *,
    parents: tuple[bytes, ...] = (),
    op: str = PUT,
    about: Mapping[str, Plain] | None = None,
) -> Carried:
    """Write a version. Without a uuid the record is born here and owns the one it gets.

    Raises InvalidInput where others would refuse the version.
    """
    table = normal_text(table)
    return write(
        Version(
            about=dict(about or {}),
            add=change.add,
            author=pen.author,
            format=FORMAT,
            made=pen.made,
            op=op,
            parents=sorted(parents),
            remove=change.remove,
            salt=pen.salt,
            schema=pen.schema,
            seq=pen.seq,
            set=change.set,
            table=table,
            unset=change.unset,
            uuid=normal_text(uuid) if uuid else owned_uuid(pen.author, pen.seq, pen.salt, table),
        )
    )


def normal_value(value: Value) -> Value:
    """The value with its text in normal form, as it must be before it is written."""
    if isinstance(value, str):
        return normal_text(value)
    if isinstance(value, Reference):
        return Reference(normal_text(value.table), normal_text(value.uuid), value.strand)
    return value


def _change_list(change: Change, name: str, content: Content | None, known: FieldState | None) -> None:
    if content is not None and not isinstance(content, tuple):
        raise InvalidInput(what=f"The field {name} is a list; give it a list of items.")
    items = {canonical_text(item): normal_value(item) for item in content or ()}
    choices = known.choices if known is not None else ()
    given_by = tuple(one for choice in choices for one in choice.given_by)
    shown = {
        canonical_text(item): item for choice in choices if isinstance(choice.content, tuple) for item in choice.content
    }
    if any(not isinstance(choice.content, tuple) for choice in choices):
        raise InvalidInput(what=f"The field {name} holds a single value, not a list; empty it first.")
    added = [items[text] for text in sorted(items.keys() - shown.keys())]
    removed = [Removal(shown[text], sorted(set(given_by))) for text in sorted(shown.keys() - items.keys())]
    if added:
        change.add[name] = added
    if removed:
        change.remove[name] = removed


def _text(known: FieldState) -> str | None:
    shown = known.shown
    return None if shown is None or isinstance(shown, tuple) else canonical_text(shown)
