"""Comparing version vectors: against a model that has all ids at hand, for logs that fork in any way."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edenmesh.core.ids import AuthorId, VersionId, tagged_hash
from edenmesh.core.reconcile import Held, Mark, Offer, Roots, beginnings, common_prefix, compare, set_hash
from edenmesh.core.trust import Frontier

ANA, BEN = AuthorId(b"a" * 32), AuthorId(b"b" * 32)


class Logs:
    """One side's logs as texts: each letter stands for an id, so a text's beginnings are a log's. Counts look-ups."""

    def __init__(self, texts: dict[AuthorId, list[str]]) -> None:
        self.texts = texts
        self.asked: list[tuple[AuthorId, int, int]] = []

    def root_at(self, author: AuthorId, branch: int, size: int) -> bytes:
        self.asked.append((author, branch, size))
        return root(self.texts[author][branch][:size])

    @property
    def held(self) -> list[Held]:
        return [
            Held(author, branch, len(text), root(text))
            for author, texts in self.texts.items()
            for branch, text in enumerate(texts)
        ]

    @property
    def marks(self) -> list[Mark]:
        return [held.mark for held in self.held]


def ids(text: str) -> list[VersionId]:
    return [VersionId(tagged_hash("letter", text[: end + 1].encode())) for end in range(len(text))]


def root(text: str) -> bytes:
    return Frontier.EMPTY.extended(ids(text)).root()


def maximal(texts: list[str]) -> list[str]:
    """A store keeps no log that is only the beginning of another."""
    distinct = sorted(set(texts))
    return [text for text in distinct if not any(other != text and other.startswith(text) for other in distinct)]


sides = st.dictionaries(
    st.sampled_from([ANA, BEN]), st.lists(st.text("xy", min_size=1, max_size=5), min_size=1, max_size=3).map(maximal)
)


Comparison: TypeAlias = Callable[[Sequence[Held], Iterable[Mark], Roots], Offer]


def exchange(giver: Logs, taker: Logs, comparison: Comparison) -> list[str]:
    """What the giver's side sends, by its own comparison and by what the taker asks a list of."""
    offer, asked = comparison(giver.held, taker.marks, giver), comparison(taker.held, giver.marks, taker).asked
    sent = [giver.texts[run.author][run.branch][: run.stop] for run in offer.runs]
    listed = [*(held.mark for held in offer.listed), *asked]
    for author, texts in giver.texts.items():
        sent += [text for text in texts if Mark(author, len(text), root(text)) in listed]
    return sent


def everything_lacking_is_sent(
    ours: dict[AuthorId, list[str]], theirs: dict[AuthorId, list[str]], comparison: Comparison = compare
) -> int:
    """After one comparison, whatever one side lacks was given, or listed so that it can be asked for; and no more."""
    sent = exchange(Logs(ours), Logs(theirs), comparison)
    count = 0
    for author, texts in ours.items():
        for text in texts:
            is_held = any(other.startswith(text) for other in theirs.get(author, []))
            if not is_held:
                assert text in sent
                count += 1
    return count


@given(sides, sides)
@example({ANA: ["xx"]}, {ANA: ["xy"]})
@example({ANA: ["xxx", "y"]}, {ANA: ["xx"]})
def test_whatever_one_side_lacks_is_given_or_listed(
    ours: dict[AuthorId, list[str]], theirs: dict[AuthorId, list[str]]
) -> None:
    everything_lacking_is_sent(ours, theirs)
    everything_lacking_is_sent(theirs, ours)


@given(sides, sides)
def test_a_run_begins_where_the_peers_longest_beginning_ends(
    ours: dict[AuthorId, list[str]], theirs: dict[AuthorId, list[str]]
) -> None:
    logs = Logs(ours)
    for run in compare(logs.held, Logs(theirs).marks, logs).runs:
        text = ours[run.author][run.branch]
        known = [len(other) for other in theirs.get(run.author, []) if text.startswith(other)]
        assert (run.start, run.stop) == (max(known, default=0), len(text))


@given(sides)
def test_equal_vectors_offer_nothing_and_look_nothing_up(ours: dict[AuthorId, list[str]]) -> None:
    logs = Logs(ours)
    assert compare(logs.held, logs.marks, logs) == Offer([], [], [])
    assert not logs.asked


def test_a_log_that_differs_costs_one_look_up() -> None:
    authors = [AuthorId(bytes([number]) * 32) for number in range(50)]
    ours, theirs = Logs({one: ["xxx"] for one in authors}), Logs({one: ["xxx"] for one in authors})
    theirs.texts[authors[7]] = ["xx"]
    assert len(compare(ours.held, theirs.marks, ours).runs) == 1
    assert ours.asked == [(authors[7], 0, 2)]


def test_beginnings_are_found_among_any_marks() -> None:
    logs = Logs({ANA: ["xyxy"]})
    marks = [Mark(ANA, len(text), root(text)) for text in ("x", "yx", "xyx", "xyxy", "xyxyx")]
    assert [mark.size for mark in beginnings(logs.held[0], marks, logs)] == [1, 3, 4]


@given(st.text("xy", max_size=6), st.text("xy", max_size=6))
def test_common_prefix_is_that_of_the_texts(one: str, other: str) -> None:
    expected = next((at for at in range(min(len(one), len(other))) if one[at] != other[at]), min(len(one), len(other)))
    assert common_prefix(ids(one), ids(other)) == expected


def test_set_hashes_tell_sets_senders_and_sessions_apart() -> None:
    marks = Logs({ANA: ["xy"], BEN: ["x"]}).marks
    nonces = [b"one nonce of two", b"the other of two"]
    said = set_hash(b"k" * 32, nonces, marks)
    assert said == set_hash(b"k" * 32, nonces[::-1], marks[::-1])
    others = [
        set_hash(b"l" * 32, nonces, marks),
        set_hash(b"k" * 32, [nonces[0], b"another of those"], marks),
        set_hash(b"k" * 32, nonces, marks[:1]),
        set_hash(b"k" * 32, nonces, [marks[0]._replace(size=3), marks[1]]),
        set_hash(b"k" * 32, nonces, [marks[0]._replace(author=BEN), marks[1]]),
    ]
    assert len({said, *others}) == 6


def test_a_comparison_that_never_lists_is_found_out() -> None:
    def silent(ours: Sequence[Held], theirs: Iterable[Mark], roots: Roots) -> Offer:
        return compare(ours, theirs, roots)._replace(listed=[], asked=[])

    with pytest.raises(AssertionError):
        everything_lacking_is_sent({ANA: ["xx"]}, {ANA: ["xy"]}, silent)
    assert everything_lacking_is_sent({ANA: ["xx"]}, {ANA: ["xy"]}) == 1
