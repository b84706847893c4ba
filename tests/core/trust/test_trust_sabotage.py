"""Each way in which trust could be careless, done on purpose: the checks of this folder must notice."""

from collections.abc import Callable
from hashlib import sha256

import pytest

from edenmesh.core.trust import CharterEntry, Frontier, Seal, charter, entry, members, merkle, seal
from edenmesh.core.trust.causality import Pasts
from edenmesh.core.trust.meaning import Claim, Meaning
from edenmesh.errors import RemoteProtocolError, SealInvalid
from tests.core.trust.test_charter_laws import disagreement
from tests.core.trust.test_entry import forgeries
from tests.core.trust.test_merkle import some_ids, tree_head
from tests.oracle.charter_worlds import author, random_world

WORLDS = 100


def first_disagreement() -> str:
    """What the law test would complain of, after how many worlds."""
    for seed in range(WORLDS):
        world = random_world(seed)
        found = disagreement(world.entries.values(), world.mesh)
        if found:
            return f"{found}, in world {seed}"
    return ""


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
        pytest.param(charter, "_never", lambda ours, refused: frozenset(), id="refused entries waited for"),
        pytest.param(members, "_heads_of", lambda author, act: (), id="everything of a revoked device cut"),
    ],
)
def test_a_careless_charter_is_noticed(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, careless: object
) -> None:
    monkeypatch.setattr(owner, name, careless)
    assert first_disagreement() != ""
