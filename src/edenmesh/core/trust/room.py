"""Which entries a charter holds where there are more than it has room for, by rank and not by arrival.

First what the founder did, then what stewards did, then what others took, then what else is in force, then the rest;
in each rank in causal order, and each entry with all it rests on. So however much one device writes, a steward's
revocation of it fits, and what that strikes gives up its place to what is in force. Below the bound nothing is left
out. A pure function of the entries at hand; devices that were flooded with different entries agree once their charters
met, since the rest that stays is the first of the rest of both.
"""

from collections.abc import Sequence

from edenmesh.core.ids import EntryId
from edenmesh.core.trust.acts import Revoke, Roles
from edenmesh.core.trust.entry import CharterEntry
from edenmesh.core.trust.meaning import Meaning

_FOUNDER, _STEWARD, _TAKING, _IN_FORCE, _REST = range(5)


def find_fitting(entries: Sequence[CharterEntry], meaning: Meaning, limit: int) -> set[EntryId]:
    """The kept ones of the entries, which come in causal order, that have room: at most `limit`."""
    positions = {bytes(entry.id): position for position, entry in enumerate(entries)}
    ranked = sorted((_rank(entries, meaning, one), one) for one in range(len(entries)) if meaning.kept[one])
    fitting: set[int] = set()
    for _, position in ranked:
        if len(fitting) == limit:
            break
        needed: set[int] = set()
        pending = [position]
        while pending and len(fitting) + len(needed) <= limit:
            one = pending.pop()
            if one not in fitting and one not in needed:
                needed.add(one)
                pending += [positions[parent] for parent in entries[one].parents]
        if len(fitting) + len(needed) <= limit:
            fitting |= needed
    return {entries[one].id for one in fitting}


def _rank(entries: Sequence[CharterEntry], meaning: Meaning, position: int) -> int:
    entry = entries[position]
    if not meaning.in_force[position]:
        return _REST
    if entry.actor == meaning.founder:
        return _FOUNDER
    if meaning.by_steward[position]:
        return _STEWARD
    is_taking = isinstance(entry.act, Revoke) or (isinstance(entry.act, Roles) and bool(entry.act.take))
    return _TAKING if is_taking else _IN_FORCE
