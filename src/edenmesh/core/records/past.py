"""What a version follows in one field: its ancestors, and what observations among them found on the server.

An observation names, for a field, versions of ours that it does not descend from and whose value it found; it and
what comes after it follow them in that field (design, section 2.6). Both relations only lead to what was written
before, so they never form a circle.
"""

from collections.abc import Iterable
from typing import Final

from edenmesh.core.records.history import History, Node
from edenmesh.core.records.version import OBSERVE


class Past:
    """The relation "follows" of one history, field by field."""

    def __init__(self, history: History) -> None:
        self._found: Final[dict[str, list[tuple[int, int]]]] = {}
        for node in history:
            if node.version.op != OBSERVE or not node.is_counted or "found" not in node.version.about:
                continue
            for name, ids in node.version.observation.found.items():
                bits = 0
                for one in ids:
                    other = history.node(one)
                    if other is not None:
                        bits |= other.below | other.bit
                self._found.setdefault(name, []).append((node.bit, bits & ~node.bit))

    def of(self, nodes: Iterable[Node], name: str) -> int:
        """All that the nodes follow in a field, as bits."""
        past = own = 0
        for node in nodes:
            past |= node.below
            own |= node.bit
        pending = self._found.get(name, [])
        while pending:
            waiting = []
            for observation, bits in pending:
                if observation & (past | own):
                    past |= bits
                else:
                    waiting.append((observation, bits))
            if len(waiting) == len(pending):
                break
            pending = waiting
        return past

    def are_concurrent(self, ours: Node, theirs: Node, name: str) -> bool:
        """Whether neither follows the other in a field."""
        return not self.of((ours,), name) & theirs.bit and not self.of((theirs,), name) & ours.bit
