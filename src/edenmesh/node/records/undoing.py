"""Undoing: which version is meant, why it may not be undone, and what the undo follows."""

from edenmesh.core.ids import VersionId, format_id
from edenmesh.core.records import OBSERVE, History, Version
from edenmesh.errors import InvalidInput
from edenmesh.node.records.lineage import Lineage, below
from edenmesh.node.records.names import Names
from edenmesh.store import RecordVersions


def to_undo(held: RecordVersions, text: str, names: Names) -> tuple[VersionId, tuple[VersionId, ...]]:
    """The version of that id, or of one that begins so, and the heads that follow it.

    Raises InvalidInput where none or several are meant, or where it cannot be undone.
    """
    one = _named(held, text)
    history = History(held.versions, held.uncounted)
    node = history.node(one)
    _require_ours(held.versions[one])
    if node is None or one in held.uncounted:
        raise InvalidInput(what=f"The change {text} has no effect here now, so there is nothing to undo.")
    by = Lineage(history).undone.get(node)
    if by:
        who = names.by(by[0].version)
        raise InvalidInput(
            what=f"The change {text} was undone already by {who}.",
            do="To have it again, undo that; see `edenmesh history`.",
        )
    heads = [head.id for head in history.heads() if head is node or node in below((head,))]
    return one, tuple(heads)


def _named(held: RecordVersions, text: str) -> VersionId:
    typed = text.strip().lower()
    found = [one for one in held.versions if typed and format_id("v", one).startswith(typed)]
    if len(found) == 1:
        return found[0]
    what = f"Several changes of this record begin with {text}." if found else f"The record has no change {text!r}."
    raise InvalidInput(what=what, do="See its changes with `edenmesh history TABLE UUID --json`.")


def _require_ours(version: Version) -> None:
    if not version.is_understood:
        raise InvalidInput(what="The change is newer than this program, which cannot undo it.", do="Update edenmesh.")
    if version.op == OBSERVE:
        raise InvalidInput(
            what="What a server was seen to hold cannot be undone.", do="Give the field the value that is right."
        )
    if not version.parents:
        raise InvalidInput(
            what="How a record began cannot be undone.", do="Delete it for all with `edenmesh record retract`."
        )
