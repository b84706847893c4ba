"""One act as the versions that say it: nearly always one, more where others wrote more than one version can name.

A version is bounded; how many heads a record has, how many gave an item, or decided against each other, is not, and
whoever may write could else bring a record to where nobody can. So what one version cannot name the next one does. All
versions of an act have its op, and each follows the one before: the last one follows all that the act names, and the
values stand in it alone. Together they mean what one version would, if it could name so much; to undo the last one is
to undo the act's values (docs/protocol/versions.md, "Writing"). Cost: a pass over what is named.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Final, NamedTuple, TypeVar

from edenmesh.core.encoding import Plain, encode
from edenmesh.core.ids import ID_BYTES, AuthorId, FormHash, VersionId
from edenmesh.core.limits import SALT_BYTES, VERSION_BYTES_MAX, VERSION_ITEMS_MAX, VERSION_PARENTS_MAX
from edenmesh.core.records.versions import PUT, RESOLVE, Carried, Removal, Version
from edenmesh.core.records.writing.change import Change, Pen, compose

Removals = dict[str, list[Removal]]
Item = TypeVar("Item")

_REMOVALS_BYTES: Final = VERSION_BYTES_MAX // 4
"""Removals of one version: beside them its parents, what it undoes and the values have room."""
_LISTS: Final = ("leaves", "undoes")


class Share(NamedTuple):
    """What one version of an act says. It follows these parents, and the version before it."""

    change: Change
    parents: Sequence[bytes]
    about: Mapping[str, Plain]


def compose_all(
    pens: Iterator[Pen],
    table: str,
    uuid: str | None,
    change: Change,
    *,
    parents: Sequence[bytes] = (),
    op: str = PUT,
    about: Mapping[str, Plain] | None = None,
) -> list[Carried]:
    """Write an act: its versions in the order in which they follow each other, one pen for each.

    Raises InvalidInput where others would refuse one of them; then none is to be kept.
    """
    written: list[Carried] = []
    for share in shares_of(change, parents, about or {}):
        before = [one.id for one in written[-1:]]
        seen = (*share.parents, *before)
        written.append(compose(next(pens), table, uuid, share.change, parents=seen, op=op, about=share.about))
    return written


def tried(
    table: str, uuid: str, parents: Sequence[bytes], about: Mapping[str, Plain], schema: bytes = b""
) -> dict[VersionId, Version]:
    """The versions of a resolution without values, as nobody writes them: to see what they would change."""
    pens = (Pen(AuthorId(bytes(ID_BYTES)), seq, 0, bytes(SALT_BYTES), FormHash(schema)) for seq in count())
    written = compose_all(pens, table, uuid, Change(), parents=parents, op=RESOLVE, about=about)
    return {one.id: one.version for one in written}


def shares_of(change: Change, parents: Sequence[bytes], about: Mapping[str, Plain]) -> list[Share]:
    """What each version of an act says."""
    heads = [parents[:VERSION_PARENTS_MAX]]
    # The version before takes a place among the parents of all others.
    heads += _cut(parents[VERSION_PARENTS_MAX:], VERSION_PARENTS_MAX - 1)
    removals = _removals_of(change)
    said = _abouts_of(about)
    # Only what is followed can be undone: what is named there is said in turn once all heads are.
    joined = len(heads) - 1
    last = max(joined + len(said), len(removals)) - 1
    return [
        Share(
            Change(
                set=change.set if number == last else {},
                unset=change.unset if number == last else [],
                add=change.add if number == last else {},
                remove=removals[number] if number < len(removals) else {},
            ),
            heads[number] if number < len(heads) else (),
            # None says nothing beside: without what it undoes, an undo would be an edit.
            said[min(max(number - joined, 0), len(said) - 1)],
        )
        for number in range(last + 1)
    ]


def _removals_of(change: Change) -> list[Removals]:
    shares: list[Removals] = []
    size_bytes = parts = 0
    for name, removals in change.remove.items():
        for removal in removals:
            for seen in _cut(removal.seen, VERSION_PARENTS_MAX):
                part = Removal(removal.item, list(seen))
                part_bytes = len(encode(part))
                if not shares or size_bytes + part_bytes > _REMOVALS_BYTES or parts == VERSION_ITEMS_MAX:
                    shares.append({})
                    size_bytes = parts = 0
                shares[-1].setdefault(name, []).append(part)
                size_bytes, parts = size_bytes + part_bytes, parts + 1
    return shares


def _abouts_of(about: Mapping[str, Plain]) -> list[Mapping[str, Plain]]:
    """What each version says beside the values: lists cut, where they name too many, the rest alike in all."""
    lists = {name: _cut(named, VERSION_PARENTS_MAX) for name in _LISTS if (named := _named(about, name))}
    same = _named(about, "same")
    if same:
        # Each of them is the same as the first one.
        lists["same"] = [[same[0], *rest] for rest in _cut(same[1:], VERSION_PARENTS_MAX - 1)]
    length = max((len(cut) for cut in lists.values()), default=1)
    return [
        {**about, **{name: list[Plain](cut[min(number, len(cut) - 1)]) for name, cut in lists.items()}}
        for number in range(length)
    ]


def _named(about: Mapping[str, Plain], name: str) -> Sequence[Plain]:
    named = about.get(name)
    return named if isinstance(named, list) else ()


def _cut(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
