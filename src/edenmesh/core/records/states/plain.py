"""Plain strands: a first version that sets fields, and edits that follow it and nothing else and set fields too.

Most records are so: written once, or edited by people who had not met since. No edit follows another one, so of each
field all that edits give is live, and what the first version gives only where no edit does. That is read off without
asking who follows whom; it is what the rules of fields.py say of such versions. Cost: a pass over the versions.
"""

from collections.abc import Mapping

from edenmesh.core.ids import VersionId
from edenmesh.core.records.history import is_first_content
from edenmesh.core.records.states.state import Choice, FieldState, StrandState
from edenmesh.core.records.versions import PUT, Value, Version, canonical_text


def plain_strand(versions: Mapping[VersionId, Version]) -> StrandState | None:
    """The strand that these versions make, if it is plain. All of them count, and forms declare nothing of fields."""
    first: VersionId | None = None
    edits: list[VersionId] = []
    for one, version in versions.items():
        if version.add or not version.is_understood:
            return None
        if version.parents:
            if version.op != PUT or version.unset or version.remove:
                return None
            if edits and version.parents != versions[edits[0]].parents:
                return None
            edits.append(one)
        elif first is None and is_first_content(version):
            first = one
        else:
            return None
    if first is None or (edits and versions[edits[0]].parents != [first]):
        return None
    ids = (first,)
    fields = {name: FieldState((Choice(value, ids),)) for name, value in sorted(versions[first].set.items())}
    if not edits:
        return StrandState(first=first, firsts=ids, heads=ids, fields=fields)
    edits.sort()
    edited = _edited(edits, versions)
    fields = {**fields, **edited} if edited.keys() <= fields.keys() else dict(sorted({**fields, **edited}.items()))
    conflicts = tuple(sorted([name for name, field in edited.items() if len(field.choices) > 1]))
    return StrandState(first=first, firsts=ids, heads=tuple(edits), fields=fields, conflicts=conflicts)


def _edited(edits: list[VersionId], versions: Mapping[VersionId, Version]) -> dict[str, FieldState]:
    """The fields that edits of one depth give: of contradicting values the one of the greatest id stands first."""
    given: dict[str, dict[str, tuple[Value, list[VersionId]]]] = {}
    for one in reversed(edits):
        for name, value in versions[one].set.items():
            given.setdefault(name, {}).setdefault(canonical_text(value), (value, []))[1].append(one)
    return {
        name: FieldState(tuple([Choice(value, tuple(givers)) for value, givers in by_text.values()]))
        for name, by_text in given.items()
    }
