"""Where a new entry stands: on the heads of the charter as it is, so chosen that nobody can crowd out what it needs."""

from collections import Counter
from collections.abc import Iterable

from edenmesh.core.ids import DeviceId, EntryId
from edenmesh.core.limits import CHARTER_PARENTS_MAX
from edenmesh.core.trust.acts import STEWARD, Revoke
from edenmesh.core.trust.charter import Charter
from edenmesh.core.trust.entry import DraftEntry
from edenmesh.core.trust.kinds import Kind
from edenmesh.core.trust.lineage import closure
from edenmesh.errors import NotPermitted


def draft(charter: Charter, act: Kind, actor: DeviceId) -> DraftEntry:
    """An act on the charter as it is, to be signed. Raises NotPermitted where there is no mesh."""
    if charter.mesh is None:
        raise NotPermitted(what="There is no team here yet.", do="Found one first: `edenmesh init`.")
    heads = _heads_without_struck(charter, act) if isinstance(act, Revoke) and act.point else charter.heads
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


def _heads_without_struck(charter: Charter, act: Revoke) -> list[EntryId]:
    """The heads of what the revocation does not strike: it need not rest on a flood that it ends."""
    spared = closure(charter.entries, act.point)
    is_below: set[bytes] = set()
    heads: list[EntryId] = []
    for one, entry in reversed(charter.entries.items()):
        stays = entry.actor != act.device or one in spared
        if stays and one not in is_below:
            heads.append(one)
        if stays or one in is_below:
            is_below.update(entry.parents)
    return heads[::-1]
