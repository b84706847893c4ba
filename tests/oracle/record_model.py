"""The reference model of a record's state: the sentences of the design, sections 2.2 to 2.6, in sets, at any cost.

It shares with the program the types of versions and the text of values, and no idea of how to compute. Its answer is
plain: words, ids, and of each field the texts of its values with who gave them, the one to show first.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from edenmesh.core.ids import VersionId
from edenmesh.core.records import Declared, RecordState, Value, Version, canonical_text, owns_uuid
from edenmesh.core.records.states.declarations import NOTHING
from tests.oracle.observed_model import Observed
from tests.oracle.unit_model import Name, Row, Said, Units

Text = str | tuple[str, ...]


@dataclass
class Strand:
    """What is shown of one strand."""

    first: bytes
    heads: set[bytes]
    retracts: set[bytes]
    edits: set[bytes]
    fields: dict[str, list[tuple[Text, set[bytes]]]] = field(default_factory=dict)
    units: set[tuple[str, ...]] = field(default_factory=set)


@dataclass
class Shown:
    """What is shown of a record."""

    words: set[str]
    waiting: set[bytes]
    strands: list[Strand]


class Model:
    """One record, as the sentences say it."""

    def __init__(
        self,
        versions: Mapping[VersionId, Version],
        uncounted: Set[VersionId] = frozenset(),
        declared: Declared = NOTHING,
    ) -> None:
        self.versions = dict[bytes, Version](versions.items())
        self.uncounted = uncounted
        self.placed = {one for one in self.versions if self._has_come_whole(one)}
        self.counted = {one for one in self.placed if self.versions[one].is_understood and one not in uncounted}
        self.firsts = {one for one in self.placed if not self.versions[one].parents}
        self._follows: dict[tuple[bytes, Name], set[bytes]] = {}
        self.units = Units(declared, lambda one: dict(self.assigned(one)) if one in self.counted else {}, self.follows)
        self.observed = Observed(self.versions, self.placed, self.counted)
        self.same = self.observed.same
        self.work: Counter[str] = self.observed.work
        self.speaking = {one for one in self.counted if not self.is_undone(one)}
        self.work["undone"] += len(self.counted - self.speaking)
        self.work["undone twice"] += any(undoes(self.versions[one]) for one in self.counted - self.speaking)

    def shown(self) -> Shown:
        """The state of the record."""
        self.work["equal firsts"] += any(len(self.same(one)) > 1 for one in self.firsts)
        strands = [self._strand(firsts) for firsts in self._strands()]
        waiting = set(self.versions) - self.placed
        words = {"waiting"} if waiting else set()
        words |= {"quarantined"} if self.uncounted & set(self.versions) else set()
        words |= set() if all(one.is_understood for one in self.versions.values()) else {"newer"}
        words |= {"identity"} if len(strands) > 1 else set()
        words |= {"conflict"} if any(len(one) > 1 for strand in strands for one in strand.fields.values()) else set()
        words |= {"contested"} if any(strand.retracts and strand.edits for strand in strands) else set()
        words |= {"deleted"} if len(strands) == 1 and strands[0].retracts and not strands[0].edits else set()
        words |= {"question"} if self.questions() else set()
        return Shown(words, waiting, sorted(strands, key=lambda strand: strand.first))

    def _has_come_whole(self, one: bytes) -> bool:
        return one in self.versions and all(self._has_come_whole(parent) for parent in self.versions[one].parents)

    def questions(self) -> set[bytes]:
        """Observations that say a server went back, and that nobody has answered."""
        answers = {one for one in self.speaking if self.versions[one].op in ("resolve", "retract")}
        answers -= {one for one in answers if undoes(self.versions[one]) and not gives(self.versions[one])}
        return self.observed.questions({one: self.follows(one) for one in self.counted}, answers)

    def is_undone(self, one: bytes) -> bool:
        """Whether a counted undo that follows it names it, and is not itself undone."""
        version = self.versions[one]
        undos = [other for other in self.counted if one in undoes(self.versions[other]) and one in self.follows(other)]
        is_ours = version.op in ("put", "retract", "resolve") and bool(version.parents)
        return is_ours and not all(self.is_undone(other) for other in undos)

    def follows(self, one: bytes, name: Name = "") -> set[bytes]:
        """What a version follows, in a field where one is named: then what was found on the server counts too."""
        if (one, name) not in self._follows:
            found: set[bytes] = set()
            open_ids = [one]
            while open_ids:
                below = self._below(open_ids.pop(), name) - found
                found |= below
                open_ids.extend(below)
            self._follows[one, name] = found
            self.work["found"] += bool(name) and found != self.follows(one)
        return self._follows[one, name]

    def _found(self, one: bytes, name: Name) -> set[bytes]:
        if isinstance(name, str):
            return self.observed.found(one, name)
        return set(self.units.found(name, lambda part: self.observed.found(one, part), self.same))

    def _below(self, one: bytes, name: Name) -> set[bytes]:
        named = {*self.versions[one].parents, *self._found(one, name)}
        return {other for below in named & self.placed for other in self.same(below)}

    def _strands(self) -> list[set[bytes]]:
        strands: list[set[bytes]] = []
        for first in sorted(set[bytes]().union(*(self.roots(one) for one in self.counted))):
            alike = [strand for strand in strands if any(self._begin_alike(first, other) for other in strand)]
            strands = [strand for strand in strands if strand not in alike] + [{first}.union(*alike)]
        roots = [self.roots(one) for one in self.counted if self.versions[one].op == "observe"]
        observed = [strand for strand in strands if any(found <= strand for found in roots)]
        owned = [strand for strand in strands if observed and any(owns_uuid(self.versions[one]) for one in strand)]
        joined = set().union(*observed, *owned)
        return [strand for strand in strands if not strand & joined] + ([joined] if joined else [])

    def _begin_alike(self, one: bytes, other: bytes) -> bool:
        is_later = any("after" in self.versions[first].about for first in (one, other))
        return one in self.same(other) or (self.observed.have_equal_content(one, other) and not is_later)

    def roots(self, one: bytes) -> set[bytes]:
        return self.firsts & (self.same(one) | self.follows(one))

    def name(self, one: bytes) -> bytes:
        """Of versions that are one: the smallest put that counts, else observation, else any."""
        same = self.same(one)
        counted = same & self.counted
        return min({other for other in counted if self.versions[other].op == "put"} or counted or same)

    def _strand(self, firsts: set[bytes]) -> Strand:
        counted = {one for one in self.counted if self.roots(one) & firsts}
        followed = set[bytes]().union(*(self.follows(one) for one in counted))
        spoken = counted & self.speaking
        said = [(one, name, text) for one in counted for name, text in self.units.said(one, spoken).items()]
        items = [(one, name, text) for one in counted for name, text in self.added(one)]
        # An echo of what was undone since is still one; else an undo would bring back what it takes away.
        echoes = [triple for triple in said if triple[0] in spoken and self._is_echo(triple, said)]
        said = [triple for triple in said if triple[0] in spoken and triple not in echoes]
        items = [triple for triple in items if triple[0] in spoken and not self._is_echo(triple, items)]
        own = {one for one in spoken if self.versions[one].op in ("put", "resolve")}
        own -= {one for one in own if "leaves" in self.versions[one].about and not gives(self.versions[one])}
        undos = {one for one in own if undoes(self.versions[one]) and not gives(self.versions[one])}
        lifted = set[bytes]().union(*(self.follows(one) for one in own - undos))
        retracts = {one for one in spoken if self.versions[one].op == "retract"} - lifted
        covered = set[bytes]().union(*(self.follows(one) for one in retracts))
        # What was found at a server is no edit of what was retracted.
        speaking = {one for one, name, _ in said + items if not self._found(one, name) & covered}
        speaking |= {one for one in spoken if self.observed.removals(one)}
        covered |= {one for one in undos if self.follows(one) & retracts}
        strand = Strand(
            first=min(self.name(one) for one in firsts),
            heads={self.name(one) for one in counted - followed},
            retracts=retracts,
            edits=(own | speaking) - covered if retracts else set(),
        )
        removed = {triple for triple in items if self.is_removed(triple, spoken)}
        self.work["removals"] += len(removed)
        for name in {name for _, name, _ in said}:
            ending = {one for one, other, _ in echoes if other == name}
            choices = self._choices([(one, text) for one, other, text in said if other == name], name, counted, ending)
            strand.fields.update(self.units.shown(name, choices))
            strand.units |= {name} if isinstance(name, tuple) and len(choices) > 1 else set()
        for name in {*strand.fields, *(name for _, name, _ in items)}:
            choices = strand.fields.pop(name, [])
            there = {(one, text) for one, other, text in items if other == name and (one, name, text) not in removed}
            if there:
                listed = (tuple(sorted({text for _, text in there})), {one for one, _ in there})
                choices = [*choices, listed] if len(choices) > 1 or any(text for text, _ in choices) else [listed]
            if len(choices) > 1 or any(text for text, _ in choices):
                strand.fields[name] = choices
        return strand

    def _is_echo(self, triple: tuple[bytes, Name, Said], said: Sequence[tuple[bytes, Name, Said]]) -> bool:
        one, name, text = triple
        ours = [other for other, *rest in said if rest == [name, text] and self.versions[other].op != "observe"]
        concurrent = [x for x in ours if x not in self.follows(one, name) and one not in self.follows(x, name)]
        is_echo = self.versions[one].op == "observe" and bool(concurrent)
        self.work["echoes"] += is_echo
        return is_echo

    def is_removed(self, triple: tuple[bytes, str, str], among: set[bytes]) -> bool:
        """Whether a removal among these names the addition: naming it is having seen it, since no id can be guessed."""
        one, name, text = triple
        return any((name, text, self.same(one)) in self.observed.removals(other) for other in among)

    def assigned(self, one: bytes) -> Iterator[tuple[str, str]]:
        """Fields and texts that a version assigns, one with twins only what all of them do."""
        yield from ((said[0], said[1]) for said in self.observed.said_by_all(one) if len(said) == 2)

    def added(self, one: bytes) -> Iterator[tuple[str, str]]:
        """Fields and texts of the items that a version adds, one with twins only what all of them do."""
        yield from ((said[1], said[2]) for said in self.observed.said_by_all(one) if len(said) == 3)

    def _choices(
        self, said: list[tuple[bytes, Said]], name: Name, among: set[bytes], echoes: set[bytes]
    ) -> list[tuple[str | Row, set[bytes]]]:
        seen = [(one, text) for one, text in said if self.versions[one].op == "observe"]
        apart = echoes | {one for one, text in seen if self._is_repeated(one, name, text, among)}
        live = [(one, text) for one, text in said if not any(self._ends(other, one, name, apart) for other, _ in said)]
        standing = [(one, text) for one, text in live if not self._is_ended(one, name, echoes)]
        self.work["ended"] += 0 < len(standing) < len(live)
        # No value is ended where none would be left.
        given = [(one, row) for one, text in standing or live for row in ([text] if isinstance(text, str) else text)]
        texts = sorted({text for _, text in given})
        texts.sort(key=lambda text: max(self._rank(x) for x, y in given if y == text), reverse=True)
        texts.sort(key=lambda text: self.units.protection(name, text))
        return [(text, {one for one, other in given if other == text}) for text in texts]

    def _is_ended(self, one: bytes, name: Name, echoes: set[bytes]) -> bool:
        """Whether a value seen at a server was not there any more when it was seen again."""
        if self.versions[one].op == "observe" and any(one in self.follows(echo, name) for echo in echoes):
            return True
        names = [name] if isinstance(name, str) else self.units.assigned(one, name)
        return all(self.observed.is_ended(one, part) for part in names)

    def _ends(self, later: bytes, one: bytes, name: Name, apart: set[bytes]) -> bool:
        """Whether an assignment supersedes another one of the field.

        What is observed supersedes what is ours only where it follows it otherwise than through an observation that
        stands apart: one of a value that ours had given before, or give beside it.
        """
        if one not in self.follows(later, name):
            return False
        if self.versions[later].op != "observe" or self.versions[one].op == "observe":
            return True
        reached, open_ids = {later}, [later]
        while open_ids:
            here = open_ids.pop()
            below = self._below(here, name) - reached if here not in apart else set()
            reached |= below
            open_ids.extend(below)
        self.work["weak"] += one not in reached
        return one in reached

    def _is_repeated(self, one: bytes, name: Name, text: Said, among: set[bytes]) -> bool:
        """Whether an observed value is one that a version of ours below it gave, undone or not."""
        ours = {other for other in self.follows(one, name) & among if self.versions[other].op != "observe"}
        return any((name, text) in self.units.said(other, among & self.speaking).items() for other in ours)

    def _rank(self, one: bytes) -> tuple[int, bytes]:
        return self._depth(one), one

    def _depth(self, one: bytes) -> int:
        return 1 + max((self._depth(parent) for parent in self.versions[one].parents), default=0)


def undoes(version: Version) -> set[bytes]:
    return set(version.resolution.undoes) if version.op == "resolve" and version.is_understood else set()


def gives(version: Version) -> bool:
    return bool(version.set or version.unset or version.add or version.remove)


def shown_of(state: RecordState) -> Shown:
    """What the program shows, in the words of the model."""
    strands = [
        Strand(
            first=strand.first,
            heads=set(strand.heads),
            retracts=set(strand.retracts),
            edits=set(strand.concurrent_edits),
            fields={
                name: [(_text_of(choice.content), set(choice.given_by)) for choice in one.choices]
                for name, one in strand.fields.items()
            },
            units={one.unit for one in strand.fields.values() if one.unit},
        )
        for strand in state.strands
    ]
    words = {(flag.name or "").lower() for flag in type(state.flags) if flag in state.flags}
    return Shown(words, set(state.waiting), strands)


def _text_of(content: Value | tuple[Value, ...] | None) -> Text:
    if isinstance(content, tuple):
        return tuple(canonical_text(item) for item in content)
    return "" if content is None else canonical_text(content)
