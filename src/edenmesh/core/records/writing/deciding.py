"""Writing decisions on strands: from what a person says to what the version names (design, section 2.5).

A decision follows the heads of all strands it speaks of, and names each by its first version. It is tried before it is
written: what would change nothing, or would not hold, is refused and says why. Where decisions contradict each other,
the new one takes back those of them that would stand in its way.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import DestinationId, VersionId
from edenmesh.core.records.history import History, Node
from edenmesh.core.records.states import RecordState, StrandState, record_states, residences_of
from edenmesh.core.records.versions import OBSERVE, Version, left_uuid, owns_uuid
from edenmesh.core.records.writing.acts import tried
from edenmesh.errors import InvalidInput

Versions = Mapping[VersionId, Version]


@dataclass(frozen=True, slots=True)
class StrandDecision:
    """What a resolution on strands will say: it assigns nothing. `uuid` is the one it is written under.

    To be written by `compose_all`: there may be more to name than one version can.
    """

    uuid: str
    parents: tuple[VersionId, ...]
    about: dict[str, Plain]


def decide_same(
    versions: Versions, firsts: Iterable[VersionId], uncounted: Set[VersionId] = frozenset()
) -> StrandDecision:
    """Say that strands of a family are one thing. `versions` is the whole family.

    Raises InvalidInput where one of them is not here, or they are one already.
    """
    family = _Family(versions, uncounted)
    strands = family.strands(firsts)
    if len(strands) < 2:
        raise InvalidInput(what="What was named is one strand already.", do="Name two strands that are shown apart.")
    named = sorted(strand.first for strand in strands)
    return family.decision(strands, {"same": list[Plain](named)}, keeper=None)


def decide_different(
    versions: Versions, keeps: VersionId, leaves: Iterable[VersionId], uncounted: Set[VersionId] = frozenset()
) -> StrandDecision:
    """Say that one strand keeps the uuid, and that others get one of their own. `versions` is the whole family.

    Raises InvalidInput where one of them is not here, is one with the other, is apart already, or cannot leave.
    """
    family = _Family(versions, uncounted)
    keeper, *_ = family.strands([keeps])
    leavers = family.strands(leaves)
    uuid = family.uuid_of(keeper)
    if not leavers:
        raise InvalidInput(what="It was not said which strand leaves the uuid.", do="Name one strand at least.")
    for leaver in leavers:
        if leaver.first == keeper.first:
            raise InvalidInput(
                what="The strand that is to leave and the one that is to stay are one.",
                do="Undo the decision that made them one first; strands of equal content are always one.",
            )
        if family.uuid_of(leaver) != uuid:
            raise InvalidInput(
                what=f"The strand {leaver.first.hex()} is no longer under {uuid}.", do="Nothing is left to decide."
            )
        if any(left_uuid(one) == uuid for one in leaver.firsts):
            raise InvalidInput(
                what=f"The uuid {uuid} was made for the strand {leaver.first.hex()}, which cannot leave it.",
                do="Let the other strand leave.",
            )
    named = sorted(leaver.first for leaver in leavers)
    about: dict[str, Plain] = {"keeps": keeper.first, "leaves": list[Plain](named)}
    return family.decision([keeper, *leavers], about, keeper=keeper)


def offered_keeper(
    state: RecordState,
    versions: Versions,
    destination: DestinationId | None = None,
    uncounted: Set[VersionId] = frozenset(),
) -> VersionId | None:
    """The strand that should keep the uuid of a record unless a person says otherwise, by its first version.

    The one that owns the uuid, else the one that was seen at the destination (at any, where none is given); None
    where there is no such strand or no single one. `versions` is the whole family.
    """
    for strand in state.strands:
        if any(left_uuid(one) == state.uuid or _owns(versions[one], state.uuid) for one in strand.firsts):
            return strand.first
    history = History(versions, uncounted)
    found = next((one.strands for one in residences_of(history) if one.uuid == state.uuid), [])
    seen = [nodes[0].id for nodes in found if any(_was_seen(node, state.uuid, destination) for node in nodes)]
    return seen[0] if len(seen) == 1 else None


def _owns(version: Version, uuid: str) -> bool:
    return version.uuid == uuid and owns_uuid(version)


def _was_seen(node: Node, uuid: str, destination: DestinationId | None) -> bool:
    version = node.version
    if version.op != OBSERVE or not node.is_counted or version.uuid != uuid:
        return False
    seen = version.observation
    return not seen.is_absence and destination in (None, seen.destination)


class _Family:
    """The strands of a family as they are now, to decide about."""

    def __init__(self, versions: Versions, uncounted: Set[VersionId]) -> None:
        self._versions = versions
        self._uncounted = uncounted
        self._states = record_states(versions, uncounted)

    def strands(self, firsts: Iterable[VersionId]) -> list[StrandState]:
        """The strands that these first versions mean, each once. Raises InvalidInput where one is not here."""
        found: dict[VersionId, StrandState] = {}
        known = {first: strand for state in self._states for strand in state.strands for first in strand.firsts}
        for one in firsts:
            if one not in known:
                raise InvalidInput(
                    what=f"There is no strand {one.hex()} here.",
                    do="Name one of the strands shown, or wait until its first version has come.",
                )
            found[known[one].first] = known[one]
        return list(found.values())

    def uuid_of(self, strand: StrandState) -> str:
        """Where a strand resides."""
        return next(state.uuid for state in self._states if strand in state.strands)

    def decision(
        self, strands: list[StrandState], about: dict[str, Plain], keeper: StrandState | None
    ) -> StrandDecision:
        """The decision, with what it takes back of decisions that contradict each other."""
        uuid = self.uuid_of(keeper or strands[0])
        heads = tuple(sorted({head for strand in strands for head in strand.heads}))
        contradicting = {one for state in self._states for one in state.contradictions}
        for undone in ((), tuple(sorted(contradicting))) if contradicting else ((),):
            said = {**about, "undoes": list[Plain](undone)} if undone else about
            decision = StrandDecision(uuid, heads, said)
            if self._holds(decision, strands, keeper):
                return decision
        raise InvalidInput(
            what="The decision would contradict earlier ones on these strands, and would have no effect.",
            do="Undo those first: the history of the record shows them.",
        )

    def _holds(self, decision: StrandDecision, strands: list[StrandState], keeper: StrandState | None) -> bool:
        """Whether the strands would be as the decision says."""
        table = next(iter(self._versions.values())).table
        more = tried(table, decision.uuid, decision.parents, decision.about)
        states = record_states({**self._versions, **more}, self._uncounted)
        if any(not more.keys().isdisjoint(state.contradictions) for state in states):
            return False
        place = {
            one: (state.uuid, strand.first) for state in states for strand in state.strands for one in strand.firsts
        }
        found = {place[strand.first] for strand in strands}
        if keeper is None:
            return len(found) == 1
        uuid = decision.uuid
        return place[keeper.first][0] == uuid and all(
            place[one.first][0] != uuid for one in strands if one is not keeper
        )
