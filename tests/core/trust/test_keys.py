"""Keys of small order are no keys: for these, one signature fits many messages (RFC 8032, section 8.8 on what is safe).

All points of the curve whose order divides 8 are worked out here anew, from the curve's equation.
"""

from functools import lru_cache

import pytest

from edenmesh.core.encoding import Plain
from edenmesh.core.trust import DraftEntry, SigningKey
from edenmesh.core.trust.signature import is_key
from edenmesh.errors import InvalidInput

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]


def root(square: int) -> int | None:
    candidate = pow(square, (P + 3) // 8, P)
    if (candidate * candidate - square) % P:
        candidate = candidate * pow(2, (P - 1) // 4, P) % P
    return candidate if (candidate * candidate - square) % P == 0 else None


def on_curve(y: int) -> Point | None:
    x = root((y * y - 1) * pow(D * y * y + 1, -1, P) % P)
    return None if x is None else (x, y)


def plus(one: Point, other: Point) -> Point:
    (x1, y1), (x2, y2) = one, other
    k = D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P


def times(count: int, point: Point) -> Point:
    total = (0, 1)
    while count:
        total = plus(total, point) if count & 1 else total
        point, count = plus(point, point), count >> 1
    return total


@lru_cache
def weak_keys() -> set[bytes]:
    """Every encoding of every point whose order divides 8: with either sign, and y not below the modulus, too."""
    order = 2**252 + 27742317777372353535851937790883648493
    torsion = {(0, 1)}
    for y in range(2, 40):
        point = on_curve(y)
        if point is not None and len(torsion) < 8:
            whole = times(order, point)
            torsion |= {times(count, whole) for count in range(8)}
    assert len(torsion) == 8
    ys = {value for _, y in torsion for value in (y, y + P) if value < 2**255}
    return {(y | sign << 255).to_bytes(32, "little") for y in ys for sign in (0, 1)}


def test_no_key_of_small_order_is_a_key() -> None:
    keys = weak_keys()
    assert len(keys) == 14
    assert not any(map(is_key, keys))
    assert not is_key(b"k" * 31)
    assert all(is_key(SigningKey(bytes([number]) * 32).public_key) for number in range(50))


def test_an_entry_of_such_a_key_is_refused() -> None:
    plain: dict[str, Plain] = {"body": {"x": 1}, "kind": "weave", "mesh": b"m" * 32, "parents": [b"p" * 32]}
    DraftEntry({**plain, "signers": [SigningKey(b"k" * 32).public_key]}, (b"",))
    for key in weak_keys():
        with pytest.raises(InvalidInput):
            DraftEntry({**plain, "signers": [key]}, (b"",))
