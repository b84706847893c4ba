"""Writing: from what a person wants a record to show, to the version that says so.

Only what differs is written. A list field changes by additions and removals, each removal naming the additions its
author saw (design, section 2.2). Where a list takes the place of a single value, or the reverse, one version takes
the one away and gives the other. An edit follows the heads that its author saw and nothing else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from edenmesh.core.encoding import Plain, normal_text
from edenmesh.core.ids import AuthorId, FormHash, VersionId
from edenmesh.core.limits import VERSION_PARENTS_MAX
from edenmesh.core.records.states import NOTHING, Choice, Declared, FieldState, StrandState
from edenmesh.core.records.versions import (
    FORMAT,
    PUT,
    Carried,
    Content,
    Reference,
    Removal,
    Value,
    Version,
    canonical_text,
    owned_uuid,
    write,
)
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
    """Who writes the next version, and when: the author, its next seq, wall time in milliseconds, fresh salt.

    `account` is the account under which a person used this device; empty where it was its owner, or the device itself.
    """

    author: AuthorId
    seq: int
    made: int
    salt: bytes
    schema: FormHash = FormHash(b"")  # noqa: RUF009 - an empty constant
    account: str = ""


def difference(
    strand: StrandState | None, wanted: Mapping[str, Content | None], *, declared: Declared = NOTHING
) -> Change:
    """The change after which a strand shows the wanted contents; None, empty text and no items empty a field.

    A field in conflict is always written: the person saw its values and gave one. Fields not named stay as they are,
    but where any field of a declared unit changes, the unit is written whole.
    """
    change = Change()
    known = strand.fields if strand is not None else {}
    for name, content in wanted.items():
        _change_field(change, name, None if content == "" else content, known.get(name))
    if strand is not None:
        for unit in declared.units:
            if any(name in change.set or name in change.unset for name in unit):
                _complete(change, unit, known)
    change.unset.sort()
    return change


def whole_choice(strand: StrandState, name: str, chosen: VersionId | int) -> dict[str, Content | None]:
    """The contents to write where a person chooses one of a field's values: those of its whole unit.

    `chosen` is a version that gave the value, or the place of the value among the choices; a version that gave several
    means the first of them. Raises InvalidInput where there is no such value.
    """
    field = strand.fields.get(name)
    choices = field.choices if field is not None else ()
    if isinstance(chosen, int):
        place = chosen
    else:
        place = next((number for number, choice in enumerate(choices) if chosen in choice.given_by), -1)
    if field is None or not 0 <= place < len(choices):
        raise InvalidInput(what=f"No such value of the field {name} is to be chosen here.")
    rows = {one: strand.fields[one].choices for one in field.unit or (name,)}
    if any(len(others) <= place for others in rows.values()):
        # Items that stand beside the rows of a unit belong to their field only.
        return {name: choices[place].content}
    return {one: others[place].content for one, others in rows.items()}


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

    Raises InvalidInput where others would refuse the version; where it names too much, `compose_all` writes several.
    """
    if len(parents) > VERSION_PARENTS_MAX:
        raise InvalidInput(
            what=f"So many changed it at once that one change cannot follow all {len(parents)} of them.",
            do="Edit the record by itself once; then try again.",
        )
    table = normal_text(table)
    return write(
        Version(
            about={**(about or {}), **({"account": pen.account} if pen.account else {})},
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


def _change_field(change: Change, name: str, content: Content | None, known: FieldState | None) -> None:
    """Single values and items are changed apart, so that either can take the place of the other in one version."""
    choices = known.choices if known is not None else ()
    singles = [choice for choice in choices if not isinstance(choice.content, tuple)]
    items = content if isinstance(content, tuple) else ()
    _change_items(change, name, items, [choice for choice in choices if isinstance(choice.content, tuple)])
    if content is None or isinstance(content, tuple):
        if singles:
            change.unset.append(name)
    else:
        value = normal_value(content)
        if len(choices) != 1 or not singles or _text(singles[0]) != canonical_text(value):
            change.set[name] = value


def _change_items(change: Change, name: str, content: tuple[Value, ...], listed: list[Choice]) -> None:
    items = {canonical_text(item): normal_value(item) for item in content}
    shown = {
        canonical_text(item): Removal(item, list[bytes](added_by))
        for choice in listed
        if isinstance(choice.content, tuple)
        for item, added_by in zip(choice.content, choice.added_by, strict=True)
    }
    added = [items[text] for text in sorted(items.keys() - shown.keys())]
    removed = [shown[text] for text in sorted(shown.keys() - items.keys())]
    if added:
        change.add[name] = added
    if removed:
        change.remove[name] = removed


def _complete(change: Change, unit: Iterable[str], known: Mapping[str, FieldState]) -> None:
    """Write the fields of a unit that are not written yet as they are shown."""
    for name in unit:
        if name in change.set or name in change.unset:
            continue
        shown = known[name].shown if name in known else None
        if shown is None or isinstance(shown, tuple) or name in change.add:
            change.unset.append(name)
        else:
            change.set[name] = shown


def _text(choice: Choice) -> str | None:
    shown = choice.content
    return None if shown is None or isinstance(shown, tuple) else canonical_text(shown)
