"""The frontier tells the tree heads of RFC 9162, however the log grew."""

from hashlib import sha256
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edenmesh.core.encoding import encode
from edenmesh.core.trust import Frontier
from edenmesh.errors import RemoteProtocolError

# The reference leaves and heads of the Certificate Transparency implementations of RFC 6962.
REFERENCE_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
REFERENCE_HEADS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def tree_head(ids: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, word for word."""
    if not ids:
        return sha256(b"").digest()
    if len(ids) == 1:
        return sha256(b"\0" + ids[0]).digest()
    k = 1
    while 2 * k < len(ids):
        k *= 2
    return sha256(b"\1" + tree_head(ids[:k]) + tree_head(ids[k:])).digest()


def some_ids(count: int, seed: int = 0) -> list[bytes]:
    random = Random(seed)
    return [random.randbytes(32) for _ in range(count)]


def test_heads_are_the_published_ones() -> None:
    leaves = [bytes.fromhex(leaf) for leaf in REFERENCE_LEAVES]
    heads = [Frontier.EMPTY.extended(leaves[:size]).root().hex() for size in range(9)]
    assert heads == REFERENCE_HEADS


def test_heads_of_all_small_logs_are_those_of_the_definition() -> None:
    ids = some_ids(200)
    one_by_one = Frontier.EMPTY
    for size in range(201):
        assert Frontier.EMPTY.extended(ids[:size]).root() == one_by_one.root() == tree_head(ids[:size])
        assert one_by_one.size == size
        one_by_one = one_by_one.extended(ids[size : size + 1])


@given(st.lists(st.integers(0, 700), min_size=1, max_size=6), st.integers(0, 2**32))
def test_a_log_that_grew_in_parts_has_the_head_of_the_whole(parts: list[int], seed: int) -> None:
    ids = some_ids(sum(parts), seed)
    frontier, start = Frontier.EMPTY, 0
    for part in parts:
        frontier = frontier.extended(iter(ids[start : start + part]))
        start += part
    assert frontier == Frontier.EMPTY.extended(ids)
    assert frontier.root() == tree_head(ids)


@given(st.integers(0, 3000))
def test_a_kept_frontier_reads_back(size: int) -> None:
    frontier = Frontier.EMPTY.extended(some_ids(size))
    assert Frontier.decode(frontier.encode()) == frontier


def test_extending_leaves_the_old_frontier_alone() -> None:
    ids = some_ids(11)
    before = Frontier.EMPTY.extended(ids[:7])
    root = before.root()
    before.extended(ids[7:])
    assert before.size == 7
    assert before.root() == root


@pytest.mark.parametrize(
    "broken",
    [
        {"peaks": [b"x" * 32], "size": 3},
        {"peaks": [b"x" * 32, b"y" * 32], "size": 2},
        {"peaks": [b"x" * 31], "size": 1},
        {"peaks": [], "size": -1},
        {"peaks": [b"x" * 32], "size": 2**60},
        {"peaks": []},
        {"peaks": "x", "size": 0},
        [],
    ],
)
def test_what_is_no_frontier_is_refused(broken: object) -> None:
    with pytest.raises(RemoteProtocolError):
        Frontier.decode(encode(broken))
