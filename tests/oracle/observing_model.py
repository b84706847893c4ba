"""What an observation follows, in plain words: each head of ours is asked what it shows to who saw no more.

The sentences of the design, section 2.6, at any cost. What a part of a record shows, and which observations are the
last ones, is taken from the program: other models say that.
"""

from collections.abc import Mapping, Set

from edenmesh.core.ids import DestinationId, VersionId
from edenmesh.core.records import ABSENT, OBSERVE, History, Node, Reading, Version, content_text, record_state

Versions = Mapping[VersionId, Version]


def followed(versions: Versions, last: Set[VersionId], reading: Reading, uncounted: Set[VersionId]) -> set[VersionId]:
    """The heads of ours that an observation after the last ones follows."""
    history = History(versions, uncounted)
    places = {one: history.node(one) for one in versions}
    observed = {places[below] for one in last for below in history.past((one,))}
    ours = [node for node in history if node.is_counted and _is_ours(node.version, reading.destination)]
    below = {places[one] for node in ours for one in history.past(node.version.parents)}
    heads = [node for node in ours if node not in below and node not in observed]
    return {head.id for head in heads if _is_borne_out(head, history, reading)}


def _is_ours(version: Version, destination: DestinationId) -> bool:
    if version.op == OBSERVE:
        is_word = version.set or version.unset or version.add or version.remove
        return bool(is_word) and version.about["destination"] != destination
    return True


def _is_borne_out(head: Node, history: History, reading: Reading) -> bool:
    past = history.past((head.id,))
    strand = record_state(past, history.uncounted & past.keys()).strand
    if strand is None or strand.conflicts or strand.is_contested:
        return False
    if strand.is_deleted:
        return reading.body == ABSENT
    if reading.fields is None:
        return False
    had = {name: content_text(content) for name, content in reading.fields.items()}
    shows = {name: content_text(content) for name, content in strand.values.items()}
    emptied = {name for name in _emptied(history, past) if name not in shows}
    return all(had.get(name, "") == text for name, text in shows.items()) and not any(had.get(one) for one in emptied)


def _emptied(history: History, past: Versions) -> set[str]:
    speaking = {node.id for node in history if node.is_speaking}
    ours = [version for one, version in past.items() if version.op != OBSERVE and one in speaking]
    return {name for version in ours for name in (*version.unset, *version.remove)}
