"""Which version a person means to undo; what undoing is, and what cannot be undone, is said in core.records."""

from edenmesh.core.ids import VersionId, format_id
from edenmesh.core.records import History
from edenmesh.errors import InvalidInput
from edenmesh.node.records.lineage import undone_by
from edenmesh.node.records.names import Names
from edenmesh.store import RecordVersions


def version_named(held: RecordVersions, text: str, names: Names) -> VersionId:
    """The version of that id, or the one that begins so.

    Raises InvalidInput where none or several are meant, or where it was undone already: by whom.
    """
    typed = text.strip().lower()
    found = [one for one in held.versions if typed and format_id("v", one).startswith(typed)]
    if len(found) != 1:
        what = f"Several changes of this record begin with {text}." if found else f"The record has no change {text!r}."
        raise InvalidInput(what=what, do="See its changes with `edenmesh history TABLE UUID --json`.")
    history = History(held.versions, held.uncounted)
    node = history.node(found[0])
    by = undone_by(history).get(node, []) if node is not None else []
    if by:
        raise InvalidInput(
            what=f"That was undone already by {names.by(by[0].version)}.",
            do="To have it again, undo the undoing; `edenmesh history` shows it.",
        )
    return found[0]
