"""The reference model of a record's state: the sentences of the design, sections 2.2 to 2.6, in sets, at any cost.

It shares with the program the types of versions and the text of values, and no idea of how to compute. Its answer is
plain: words, ids, and of each field the texts of its values with who gave them, the one to show first.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

from edenmesh.core.ids import VersionId
from edenmesh.core.records import RecordState, Value, Version, canonical_text, owns_uuid

Text = str | tuple[str, ...]


@dataclass
class Strand:
    """What is shown of one strand."""

    first: bytes
    heads: set[bytes]
    retracts: set[bytes]
    edits: set[bytes]
    fields: dict[str, list[tuple[Text, set[bytes]]]] = field(default_factory=dict)


@dataclass
class Shown:
    """What is shown of a record."""

    words: set[str]
    waiting: set[bytes]
    strands: list[Strand]


class Model:
    """One record, as the sentences say it."""

    def __init__(self, versions: Mapping[VersionId, Version], uncounted: Set[VersionId] = frozenset()) -> None:
        self.versions = dict[bytes, Version](versions.items())
        self.uncounted = uncounted
        self.placed = {one for one in self.versions if self._has_come_whole(one)}
        self.counted = {one for one in self.placed if self.versions[one].is_understood and one not in uncounted}
        self.firsts = {one for one in self.placed if not self.versions[one].parents}
        self._follows: dict[tuple[bytes, str], set[bytes]] = {}
        self.work: Counter[str] = Counter()
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
        return Shown(words, waiting, sorted(strands, key=lambda strand: strand.first))

    def _has_come_whole(self, one: bytes) -> bool:
        return one in self.versions and all(self._has_come_whole(parent) for parent in self.versions[one].parents)

    def same(self, one: bytes) -> set[bytes]:
        """First versions of equal content are one."""
        return {one} | {other for other in self.firsts if one in self.firsts and self._are_one(one, other)}

    def _are_one(self, one: bytes, other: bytes) -> bool:
        ours, theirs = self.versions[one], self.versions[other]
        bound = [about if "found" in about or "after" in about else None for about in (ours.about, theirs.about)]
        return self._have_equal_content(one, other) and bound[0] == bound[1]

    def is_undone(self, one: bytes) -> bool:
        """Whether a counted undo that follows it names it, and is not itself undone."""
        version = self.versions[one]
        undos = [other for other in self.counted if one in undoes(self.versions[other]) and one in self.follows(other)]
        is_ours = version.op in ("put", "retract", "resolve") and bool(version.parents)
        return is_ours and not all(self.is_undone(other) for other in undos)

    def _have_equal_content(self, one: bytes, other: bytes) -> bool:
        ours, theirs = self.versions[one], self.versions[other]
        equal = set(assigned(ours)) == set(assigned(theirs)) and set(added(ours)) == set(added(theirs))
        return equal and ours.is_understood and theirs.is_understood

    def follows(self, one: bytes, name: str = "") -> set[bytes]:
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

    def _below(self, one: bytes, name: str) -> set[bytes]:
        version = self.versions[one]
        named = set(version.parents)
        if one in self.counted and version.op == "observe":
            named.update(version.observation.found.get(name, ()))
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
        return self._are_one(one, other) or (self._have_equal_content(one, other) and not is_later)

    def roots(self, one: bytes) -> set[bytes]:
        return (self.same(one) | self.follows(one)) & self.firsts

    def name(self, one: bytes) -> bytes:
        """Of versions that are one: the smallest put that counts, else observation, else any."""
        same = self.same(one)
        counted = same & self.counted
        return min({other for other in counted if self.versions[other].op == "put"} or counted or same)

    def _strand(self, firsts: set[bytes]) -> Strand:
        counted = {one for one in self.counted if self.roots(one) & firsts}
        followed = set[bytes]().union(*(self.follows(one) for one in counted))
        spoken = counted & self.speaking
        said = [(one, name, text) for one in spoken for name, text in assigned(self.versions[one])]
        said = [triple for triple in said if not self._is_echo(triple, said)]
        items = [(one, name, text) for one in spoken for name, text in added(self.versions[one])]
        items = [triple for triple in items if not self._is_echo(triple, items)]
        speaking = {one for one, _, _ in said + items} | {one for one in spoken if self.versions[one].remove}
        own = {one for one in spoken if self.versions[one].op in ("put", "resolve")}
        undos = {one for one in own if undoes(self.versions[one]) and not gives(self.versions[one])}
        lifted = set[bytes]().union(*(self.follows(one) for one in own - undos))
        retracts = {one for one in spoken if self.versions[one].op == "retract"} - lifted
        covered = set[bytes]().union(*(self.follows(one) for one in retracts))
        covered |= {one for one in undos if self.follows(one) & retracts}
        strand = Strand(
            first=min(self.name(one) for one in firsts),
            heads={self.name(one) for one in counted - followed},
            retracts=retracts,
            edits=(own | speaking) - covered if retracts else set(),
        )
        removed = {triple for triple in items if self.is_removed(triple, spoken)}
        self.work["removals"] += len(removed)
        for name in {name for _, name, _ in said + items}:
            choices = self._choices([(one, text) for one, other, text in said if other == name], name)
            there = {(one, text) for one, other, text in items if other == name and (one, name, text) not in removed}
            if there:
                listed = (tuple(sorted({text for _, text in there})), {one for one, _ in there})
                choices = [*choices, listed] if any(text for text, _ in choices) else [listed]
            if any(text for text, _ in choices):
                strand.fields[name] = choices
        return strand

    def _is_echo(self, triple: tuple[bytes, str, str], said: list[tuple[bytes, str, str]]) -> bool:
        one, name, text = triple
        ours = [other for other, *rest in said if rest == [name, text] and self.versions[other].op != "observe"]
        concurrent = [x for x in ours if x not in self.follows(one, name) and one not in self.follows(x, name)]
        is_echo = self.versions[one].op == "observe" and bool(concurrent)
        self.work["echoes"] += is_echo
        return is_echo

    def is_removed(self, triple: tuple[bytes, str, str], among: set[bytes]) -> bool:
        """Whether a removal among these names the addition: naming it is having seen it, since no id can be guessed."""
        one, name, text = triple
        return any(
            canonical_text(removal.item) == text and set(removal.seen) & self.same(one)
            for other in among
            for removal in self.versions[other].remove.get(name, ())
        )

    def _choices(self, said: list[tuple[bytes, str]], name: str) -> list[tuple[Text, set[bytes]]]:
        live = [(one, text) for one, text in said if not any(one in self.follows(other, name) for other, _ in said)]
        texts = sorted({text for _, text in live}, key=lambda text: max(self._rank(x) for x, y in live if y == text))
        return [(text, {one for one, other in live if other == text}) for text in reversed(texts)]

    def _rank(self, one: bytes) -> tuple[int, bytes]:
        return self._depth(one), one

    def _depth(self, one: bytes) -> int:
        return 1 + max((self._depth(parent) for parent in self.versions[one].parents), default=0)


def assigned(version: Version) -> Iterator[tuple[str, str]]:
    yield from ((name, canonical_text(value)) for name, value in version.set.items())
    yield from ((name, "") for name in version.unset)


def added(version: Version) -> Iterator[tuple[str, str]]:
    yield from {(name, canonical_text(item)) for name, items in version.add.items() for item in items}


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
        )
        for strand in state.strands
    ]
    words = {(flag.name or "").lower() for flag in type(state.flags) if flag in state.flags}
    return Shown(words, set(state.waiting), strands)


def _text_of(content: Value | tuple[Value, ...] | None) -> Text:
    if isinstance(content, tuple):
        return tuple(canonical_text(item) for item in content)
    return "" if content is None else canonical_text(content)
