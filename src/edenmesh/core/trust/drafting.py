"""Where a new entry stands: on the heads of the charter as it is, so chosen that nobody can crowd out what it needs."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from edenmesh.core.ids import DeviceId, EntryId
from edenmesh.core.limits import CHARTER_ENTRIES_MAX, CHARTER_PARENTS_MAX
from edenmesh.core.trust.acts import STEWARD, Found, Revoke, Roles
from edenmesh.core.trust.charter import Charter
from edenmesh.core.trust.entry import CharterEntry, DraftEntry
from edenmesh.core.trust.kinds import Kind
from edenmesh.core.trust.lineage import closure
from edenmesh.core.trust.rights import Right, needed_for
from edenmesh.errors import NotPermitted

_CROWDED: Final = CHARTER_ENTRIES_MAX // 2
"""Entries beyond which a new one rests on what may matter to it only."""


def draft(charter: Charter, act: Kind, actor: DeviceId) -> DraftEntry:
    """An act on the charter as it is, to be signed. Raises NotPermitted where there is no mesh."""
    if charter.mesh is None:
        raise NotPermitted(what="There is no team here yet.", do="Found one first: `edenmesh init`.")
    heads = list(charter.heads)
    if isinstance(act, Revoke) and act.point:
        # It need not rest on what it strikes.
        spared = closure(charter.entries, act.point)
        heads = _heads_of(charter, lambda entry: entry.actor != act.device or entry.id in spared)
    if len(closure(charter.entries, heads)) > _CROWDED:
        heads = _heads_that_matter(charter, act, actor)
    parents = choose_parents(charter, actor, heads, CHARTER_PARENTS_MAX)
    return DraftEntry.of(act, actor, mesh=charter.mesh, parents=tuple(sorted(parents)))


def choose_parents(charter: Charter, actor: DeviceId, heads: Iterable[EntryId], limit: int) -> list[EntryId]:
    """The heads to stand on where there are more than an entry may name.

    First those of the actor and of stewards, then one of each device, then a second of each; the deepest come first.
    """
    turns: Counter[bytes] = Counter()
    ranked: list[tuple[bool, int, int, EntryId]] = []
    for place, one in enumerate(reversed(list(heads))):
        device = charter.entries[one].actor
        is_trusted = device == actor or charter.may(DeviceId(device), STEWARD)
        ranked.append((not is_trusted, turns[device], place, one))
        turns[device] += 1
    return [one for *_, one in sorted(ranked)[:limit]]


def require_permitted(condition: bool, otherwise: str) -> None:
    """Raise NotPermitted with these words unless the condition holds."""
    if not condition:
        raise NotPermitted(what=otherwise)


def _heads_that_matter(charter: Charter, act: Kind, actor: DeviceId) -> list[EntryId]:
    """Heads to stand on where a flood may have taken the room: what rests on all of it would need as much again.

    What matters is what stewards did, what the actor did and was given, and the point of a taking; further what the
    device that something is taken from did so far, which is spared so, unless that is the flood.
    """
    in_force = charter.taken - charter.struck
    is_taking = isinstance(act, Revoke) or (isinstance(act, Roles) and bool(act.take))
    target = act.device if isinstance(act, Revoke | Roles) and is_taking and not act.point else b""
    point = act.point if isinstance(act, Revoke | Roles) else ()

    def matters(entry: CharterEntry) -> bool:
        if entry.id in point or entry.actor == actor or isinstance(entry.act, Found):
            return entry.id in point or entry.id in in_force
        by_steward = not {Right.STEWARD, Right.FOUNDER}.isdisjoint(needed_for(entry.act))
        if isinstance(entry.act, Revoke):
            by_steward = charter.may(DeviceId(entry.actor), STEWARD)
        return entry.id in in_force and (by_steward or getattr(entry.act, "device", b"") == actor)

    heads = _heads_of(charter, lambda entry: matters(entry) or (entry.actor == target and entry.id in in_force))
    if len(closure(charter.entries, heads)) <= _CROWDED:
        return heads
    return _heads_of(charter, matters)


def _heads_of(charter: Charter, is_ground: Callable[[CharterEntry], bool]) -> list[EntryId]:
    """The heads of these entries and what is below them, in causal order."""
    is_below: set[bytes] = set()
    heads: list[EntryId] = []
    for one, entry in reversed(charter.entries.items()):
        if one not in is_below and is_ground(entry):
            heads.append(one)
            is_below.add(one)
        if one in is_below:
            is_below.update(entry.parents)
    return heads[::-1]
