"""Which versions are one: they stand in one place of the history, and what follows one follows all.

First versions of equal content are one (design, section 2.5), and so are *twins*: observations that found one state of
a server, of equal body and stamps, after the same (section 2.6). "The same" is asked of places again, so the earlier
observations are placed first. Cost: a pass over the observations that another one is like.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from edenmesh.core.ids import VersionId
from edenmesh.core.records.versions import OBSERVE, Removal, Version, canonical_text

Versions = Mapping[VersionId, Version]
Places = Mapping[bytes, VersionId]
"""Of versions that are one with others, one that stands for all; who is not named is alone in its place."""

_ALL_ALONE: Final[Places] = {}
_BINDING: Final = frozenset(("after", "found", "strand"))


def places_of(versions: Versions, firsts: list[VersionId], observed: list[VersionId]) -> Places:
    """The places of versions that are one. `firsts` have no parents; `observed` are all observations understood."""
    if len(firsts) < 2 and len(observed) < 2:
        return _ALL_ALONE
    places: dict[bytes, VersionId] = {}
    if len(firsts) > 1:
        equal: dict[Hashable, VersionId] = {}
        for one in sorted(firsts):
            version = versions[one]
            if version.is_understood and is_first_content(version):
                places[one] = equal.setdefault((version.uuid, content_of(version)), one)
    if len(observed) > 1:
        _place_twins(_alike(versions, observed), versions, places)
    return places


def is_first_content(version: Version) -> bool:
    """Whether a version without parents says no more than what a strand begins with.

    An observation that names what it found, what came before it or its strand does.
    """
    return version.op != OBSERVE or _BINDING.isdisjoint(version.about)


def content_of(version: Version) -> Hashable:
    """What first versions of equal content have in common: texts of fields, texts of items."""
    fields = frozenset((name, canonical_text(value)) for name, value in version.set.items())
    items = frozenset((name, canonical_text(item)) for name, added in version.add.items() for item in added)
    return fields, items


def said_by_all(versions: list[Version], places: Places) -> Version:
    """What twins say: what all of them do.

    All saw one body after the same, so what one alone assigns is no edit made there: it comes from what that one did
    not know, or knew beside.
    """
    first = versions[0]
    said = _said(first, places)
    common = said.intersection(*(_said(one, places) for one in versions[1:]))
    if common == said:
        return first
    add = {
        name: [item for item in items if ("add", name, canonical_text(item)) in common]
        for name, items in first.add.items()
    }
    remove = {
        name: [_seen_by_all(name, removal, common, places) for removal in removals]
        for name, removals in first.remove.items()
    }
    return replace(
        first,
        set={name: value for name, value in first.set.items() if ("set", name, canonical_text(value)) in common},
        unset=[name for name in first.unset if ("unset", name) in common],
        add={name: items for name, items in add.items() if items},
        remove={name: kept for name, removals in remove.items() if (kept := [one for one in removals if one.seen])},
    )


def _alike(versions: Versions, observed: Iterable[VersionId]) -> dict[VersionId, Hashable]:
    """Observations of a body and stamps that another one saw too, each with these."""
    groups: dict[Hashable, list[VersionId]] = {}
    for one in sorted(observed):
        version = versions[one]
        words = ("destination", "body", "modified_on", "created_on", "strand")
        groups.setdefault((version.uuid, *map(version.about.get, words)), []).append(one)
    return {one: state for state, group in groups.items() if len(group) > 1 for one in group}


def _place_twins(alike: Mapping[VersionId, Hashable], versions: Versions, places: dict[bytes, VersionId]) -> None:
    after = {one: versions[one].observation.after for one in alike}
    open_count: dict[VersionId, int] = {}
    followers: dict[bytes, list[VersionId]] = {}
    for one in alike:
        named = [other for other in (*versions[one].parents, *after[one]) if other in alike]
        open_count[one] = len(named)
        for other in named:
            followers.setdefault(other, []).append(one)
    twins: dict[Hashable, VersionId] = {}
    # Those that are one with other first versions come first: their twins are so through them.
    ready = sorted((one for one in alike if not open_count[one]), key=lambda one: (one not in places, one))
    for one in ready:
        version = versions[one]
        parents = frozenset(places.get(other, other) for other in version.parents)
        before = frozenset(places.get(other, other) for other in after[one])
        # A first observation sets the whole body. One that says otherwise is not to make first versions one.
        content = None if parents else content_of(version)
        places[one] = twins.setdefault((alike[one], parents, before, content), places.get(one, one))
        for follower in followers.get(one, ()):
            open_count[follower] -= 1
            if not open_count[follower]:
                ready.append(follower)


def _said(version: Version, places: Places) -> frozenset[tuple[str | bytes, ...]]:
    said: set[tuple[str | bytes, ...]] = {("set", name, canonical_text(value)) for name, value in version.set.items()}
    said.update(("unset", name) for name in version.unset)
    said.update(("add", name, canonical_text(item)) for name, items in version.add.items() for item in items)
    for name, removals in version.remove.items():
        for removal in removals:
            text = canonical_text(removal.item)
            said.update(("remove", name, text, places.get(one, one)) for one in removal.seen)
    return frozenset(said)


def _seen_by_all(name: str, removal: Removal, common: frozenset[tuple[str | bytes, ...]], places: Places) -> Removal:
    text = canonical_text(removal.item)
    return Removal(
        removal.item, [one for one in removal.seen if ("remove", name, text, places.get(one, one)) in common]
    )
