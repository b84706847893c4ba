"""Which of the entries at hand are of one mesh: those that name it, and all that is below the entry that founds it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from edenmesh.core.ids import EntryId, MeshId
from edenmesh.core.trust.acts import Found
from edenmesh.core.trust.entry import CharterEntry
from edenmesh.errors import InvalidInput


def founded_by(given: Mapping[EntryId, CharterEntry]) -> MeshId | None:
    """The mesh that one of the entries founds, if one does; the one that continues the others, if several do.

    Raises InvalidInput where none continues all others.
    """
    founded = {one for one, entry in given.items() if isinstance(entry.act, Found)}
    newest = founded - {below for one in founded for below in closure(given, given[one].parents)}
    if len(newest) > 1:
        raise InvalidInput(what=f"These charter entries found {len(newest)} meshes; a charter has one.")
    return MeshId(next(iter(newest))) if newest else None


def lineage(given: Mapping[EntryId, CharterEntry], mesh: MeshId | None) -> dict[EntryId, CharterEntry] | None:
    """The entries of the mesh, and those below its found entry; None while one of these is missing.

    Before that nobody can tell what belongs.
    """
    if mesh is None or EntryId(mesh) not in given:
        return None
    below = closure(given, [mesh])
    if any(parent not in given for one in below for parent in given[one].parents):
        return None
    return {one: entry for one, entry in given.items() if entry.mesh == mesh or one in below}


def closure(given: Mapping[EntryId, CharterEntry], ids: Iterable[bytes]) -> set[EntryId]:
    """Those of these entries that are here, and all that is here below them."""
    found: set[EntryId] = set()
    pending = [*ids]
    while pending:
        one = EntryId(pending.pop())
        if one in given and one not in found:
            found.add(one)
            pending += given[one].parents
    return found


def with_what_rests_on(given: Mapping[EntryId, CharterEntry], ids: Iterable[EntryId]) -> frozenset[EntryId]:
    """These entries, and all at hand that rest on them."""
    children: dict[bytes, list[EntryId]] = defaultdict(list)
    for one, entry in given.items():
        for parent in entry.parents:
            children[parent].append(one)
    reached = set(ids)
    pending = list(reached)
    while pending:
        fresh = [one for one in children[pending.pop()] if one not in reached]
        reached.update(fresh)
        pending += fresh
    return frozenset(reached)
