"""Each way in which trust could be careless, done on purpose: the checks of this folder must notice."""

from collections.abc import Callable, Iterator
from hashlib import sha256

import pytest

from edenmesh.core.trust import (
    Accept,
    CharterEntry,
    ChooseForm,
    Confirm,
    Erase,
    Frontier,
    PinDestination,
    Seal,
    charter,
    decided,
    entry,
    meaning,
    members,
    merkle,
    room,
    seal,
)
from edenmesh.core.trust.causality import Pasts
from edenmesh.core.trust.kinds import Kind
from edenmesh.core.trust.meaning import Meaning
from edenmesh.core.trust.meshes import Meshes
from edenmesh.core.trust.rights import Claim, Place, Right, needed_for
from edenmesh.errors import RemoteProtocolError, SealInvalid
from tests.core.trust.test_charter_laws import crowding, disagreement
from tests.core.trust.test_entry import forgeries
from tests.core.trust.test_merkle import some_ids, tree_head
from tests.oracle.charter_draws import random_council, random_succession, random_teams, random_union, random_world
from tests.oracle.charter_worlds import author

SEEDS = 20


def complaints() -> Iterator[str]:
    """What the law tests would complain of, world after world."""
    for seed in range(SEEDS):
        for draw in (random_world, random_council, random_succession, random_union, random_teams):
            for mesh in draw(seed).meshes:
                yield disagreement(draw(seed).entries.values(), mesh)
        yield crowding(random_world(seed), 8)


def first_disagreement() -> str:
    return next(filter(None, complaints()), "")


def accepts_forgeries() -> bool:
    accepted = 0
    for data in forgeries():
        try:
            CharterEntry.decode(data)
        except RemoteProtocolError:
            continue
        accepted += 1
    return accepted > 0


def has_wrong_heads() -> bool:
    ids = some_ids(40)
    return any(Frontier.EMPTY.extended(ids[:size]).root() != tree_head(ids[:size]) for size in range(41))


def test_without_sabotage_nothing_is_noticed() -> None:
    assert first_disagreement() == ""
    assert not accepts_forgeries()
    assert not has_wrong_heads()


def test_signatures_left_unchecked_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "is_signed", lambda *_: True)
    assert accepts_forgeries()


def test_leaves_hashed_without_their_tag_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merkle, "sha256", lambda data: sha256(data[1:] if len(data) == 33 else data))
    assert has_wrong_heads()


def test_a_seal_left_unchecked_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    false = Seal(author(0).public_key, b"r" * 32, b"s" * 64, 5)
    with pytest.raises(SealInvalid):
        false.require_valid()
    monkeypatch.setattr(seal, "is_signed", lambda *_: True)
    false.require_valid()


def judging(change: Callable[[Claim, int, int], tuple[Claim, int, int]]) -> Callable[..., bool]:
    """The question whether a right is left, with something in it changed."""
    original = Meaning._is_left

    def is_left(self: Meaning, claim: Claim, spared: int, held: int) -> bool:
        return original(self, *change(claim, spared, held))

    return is_left


def keeping_founders(original: Callable[..., Claim]) -> Callable[..., Claim]:
    def claim(self: Meaning, device: bytes, right: Right, place: Place) -> Claim:
        grants = self._grants.get((device, right), ())
        below = tuple(one for one in grants if place.past >> one & 1)
        return original(self, device, right, place)._replace(grants=below)

    return claim


def in_a_world_of_its_own(original: Callable[..., None]) -> Callable[..., None]:
    def note_found(self: Meshes, position: int, past: int, inherited: int) -> None:
        original(self, position, 0, 0)

    return note_found


def deciding_freely(original: Callable[[Kind | None], tuple[Right, ...]]) -> Callable[..., tuple[Right, ...]]:
    def needed(act: Kind | None) -> tuple[Right, ...]:
        return () if isinstance(act, Accept | ChooseForm | PinDestination | Erase) else original(act)

    return needed


def confirming_freely(original: Callable[[Meaning, CharterEntry, int], bool]) -> Callable[..., bool]:
    def speaks(self: Meaning, entry: CharterEntry, past: int) -> bool:
        return isinstance(entry.act, Confirm) or original(self, entry, past)

    return speaks


def everything_before(original: Callable[[Pasts, int], int]) -> Callable[[Pasts, int], int]:
    def next_past(self: Pasts, position: int) -> int:
        original(self, position)
        return (1 << position) - 1

    return next_past


@pytest.mark.parametrize(
    ("owner", "name", "careless"),
    [
        pytest.param(Pasts, "next", everything_before(Pasts.next), id="order of arrival taken for the past"),
        pytest.param(Meaning, "_hold", lambda self, takings: takings, id="ranks ignored"),
        pytest.param(Meaning, "_hold", lambda self, takings: 0, id="takings ignored"),
        pytest.param(Meaning, "_is_supported", lambda self, *_: True, id="rights never asked for"),
        pytest.param(Meaning, "_stands", lambda self, *_: True, id="what rests on struck entries stays"),
        pytest.param(Meaning, "_is_left", judging(lambda claim, _, held: (claim, 0, held)), id="nothing spared"),
        pytest.param(Meaning, "_is_left", judging(lambda claim, _, held: (claim, -1, held)), id="nothing struck"),
        pytest.param(
            Meaning,
            "_is_left",
            judging(lambda claim, spared, held: (claim._replace(leaves=0), spared, held)),
            id="leaves forgotten",
        ),
        pytest.param(Meaning, "is_revoked", lambda self, device: False, id="revoked devices shown as members"),
        pytest.param(charter, "with_what_rests_on", lambda given, ids: frozenset(), id="refused entries waited for"),
        pytest.param(Meaning, "_may_found", lambda self, *_: True, id="anybody continues a mesh"),
        pytest.param(Meaning, "_is_barred", lambda self, *_: False, id="an old founder is never outranked"),
        pytest.param(Meaning, "_claim", keeping_founders(Meaning._claim), id="old founders stay founders"),
        pytest.param(
            Meaning,
            "_speaks_of_what_is_below",
            confirming_freely(Meaning._speaks_of_what_is_below),
            id="any erasure confirmed by anybody",
        ),
        pytest.param(Meaning, "has_held", lambda self, *_: True, id="every device taken for a gateway"),
        pytest.param(Meshes, "reaching", lambda self, _: -1, id="what one team ended ended in the other"),
        pytest.param(Meshes, "note_found", in_a_world_of_its_own(Meshes.note_found), id="a union without its past"),
        pytest.param(meaning, "needed_for", deciding_freely(needed_for), id="members decide like stewards"),
        pytest.param(members, "Accept", type("Never", (), {}), id="nothing accepted"),
        pytest.param(decided, "_not_below_another", lambda entries, words: words, id="the first word stands"),
        pytest.param(room, "_rank", lambda entries, meaning, position: 0, id="room given by depth alone"),
        pytest.param(charter, "lineage", lambda given, mesh: dict(given), id="old entries heard late let in"),
        pytest.param(members, "_heads_of", lambda author, act: (), id="everything of a revoked device cut"),
    ],
)
def test_a_careless_charter_is_noticed(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, careless: object
) -> None:
    monkeypatch.setattr(owner, name, careless)
    assert first_disagreement() != ""
