"""Who follows whom among versions: the graph of a record, what is undone, what is live."""

from edenmesh.core.records.history.history import History, heads_of, nodes_above, nodes_below
from edenmesh.core.records.history.node import Node
from edenmesh.core.records.history.past import NOT_OBSERVED, Name, Past, Weighed
from edenmesh.core.records.history.places import content_of, is_first_content
from edenmesh.core.records.history.undone import is_only_undo, may_be_undone, undoes_any

__all__ = [
    "NOT_OBSERVED",
    "History",
    "Name",
    "Node",
    "Past",
    "Weighed",
    "content_of",
    "heads_of",
    "is_first_content",
    "is_only_undo",
    "may_be_undone",
    "nodes_above",
    "nodes_below",
    "undoes_any",
]
