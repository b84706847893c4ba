"""Holes as they travel, and sets of places against sets of numbers."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edenmesh.core.ids import AuthorId, VersionId
from edenmesh.core.reconcile import HOLE_BYTES, Gap, Hole, HoleKind, Places, Stretch, gaps_of, is_hole
from edenmesh.core.records import Change, Pen, compose
from edenmesh.errors import RemoteProtocolError

STRETCHES = st.tuples(st.integers(0, 40), st.integers(0, 12)).map(lambda one: Stretch(one[0], one[0] + one[1]))
WORK = {"asked": 0}


@pytest.mark.parametrize("kind", HoleKind)
def test_a_hole_is_written_and_read_back(kind: HoleKind) -> None:
    hole = Hole(VersionId(b"v" * 32), kind)
    assert Hole.decode(hole.encode()) == hole
    assert is_hole(hole.encode())


@pytest.mark.parametrize("data", [b"", b"v" * 32, b"v" * 33, b"v" * 32 + b"\0", b"v" * 33 + b"\1"])
def test_what_is_no_hole_is_refused(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        Hole.decode(data)


def test_no_version_is_as_short_as_a_hole() -> None:
    shortest = compose(Pen(AuthorId(b"a" * 32), 0, 0, b"s" * 16), "t", None, Change())
    fields = sum(len(name) + 1 for name in ("author", "format", "made", "op", "salt", "seq", "table", "uuid"))
    # The map's head, the names of the fields that are always there, an author, a salt.
    assert len(shortest.data) > 1 + fields + 34 + 18 > 2 * HOLE_BYTES


@given(st.lists(st.tuples(st.booleans(), STRETCHES)), STRETCHES)
def test_places_are_a_set_of_numbers(acts: list[tuple[bool, Stretch]], asked: Stretch) -> None:
    places, model = Places(), set[int]()
    for is_added, stretch in acts:
        if is_added:
            places.add(*stretch)
            model.update(range(*stretch))
        else:
            places.remove(*stretch)
            model.difference_update(range(*stretch))
    held = list(places)
    assert {place for stretch in held for place in range(*stretch)} == model
    assert all(one.stop < other.start for one, other in pairwise(held)), "none touch"
    assert len(places) == len(held)
    rest = places.without(*asked)
    assert [place for stretch in rest for place in range(*stretch)] == sorted(set(range(*asked)) - model)
    assert Places(held).without(0, 60) == places.without(0, 60)
    WORK["asked"] += 1


def test_places_were_asked_often() -> None:
    assert WORK["asked"] >= 50


def test_single_holes_become_stretches_of_one_kind() -> None:
    absent, purged = HoleKind.ABSENT, HoleKind.PURGED
    assert gaps_of([(1, absent), (2, absent), (3, purged), (5, purged), (6, purged)]) == [
        Gap(1, 3, absent),
        Gap(3, 4, purged),
        Gap(5, 7, purged),
    ]
    assert gaps_of([]) == []
