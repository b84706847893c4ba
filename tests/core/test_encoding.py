"""The one coder of what is hashed, signed or sent: what it writes is canonical, and it reads nothing else."""

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator
from random import Random
from unicodedata import is_normalized

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import edenmesh.core
from edenmesh.core.encoding import Plain, decode, decode_struct, encode, is_normal, normal_text, require_plain
from edenmesh.core.limits import INTEGER_MAX, INTEGER_MIN, NESTING_MAX
from edenmesh.errors import RemoteProtocolError
from tests.oracle.packing import pack, pack_loosely

SIZE_MAX = 1 << 16

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).map(normal_text)
_long = st.integers(min_value=0, max_value=70_000)
_atoms: st.SearchStrategy[Plain] = st.one_of(
    st.booleans(),
    st.integers(min_value=INTEGER_MIN, max_value=INTEGER_MAX),
    st.sampled_from(
        [0, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, -32, -33, -128, -129, -32769, -(2**31) - 1]
    ),
    st.binary(max_size=40),
    _texts,
    st.sampled_from([b"x" * 255, b"x" * 256, "x" * 31, "x" * 32, "x" * 255, "x" * 256]),
)
plains: st.SearchStrategy[Plain] = st.recursive(
    _atoms,
    lambda inner: st.one_of(
        st.lists(inner, max_size=20).map(list[Plain]),
        st.dictionaries(_texts, inner, max_size=20).map(dict[str, Plain]),
    ),
    max_leaves=25,
).filter(lambda value: _depth(value) <= NESTING_MAX)


def _depth(value: Plain) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


class Point(msgspec.Struct, omit_defaults=True):
    x: int
    y: int = 0


POINT: msgspec.msgpack.Decoder[Point] = msgspec.msgpack.Decoder(Point)


@given(plains)
def test_a_value_is_encoded_as_the_specification_says_and_read_back(value: Plain) -> None:
    data = encode(value)
    assert data == pack(value)
    assert decode(data, max(SIZE_MAX, len(data))) == value


@pytest.mark.parametrize("size", [0xFFFF, 0x10000])
def test_the_longest_headers_are_as_the_specification_says(size: int) -> None:
    values: list[Plain] = ["x" * size, b"x" * size, [True] * size, {f"{number:05}": True for number in range(size)}]
    for value in values:
        data = encode(value)
        assert data == pack(value)
        assert decode(data, len(data)) == value


def test_any_other_form_of_the_same_value_is_refused() -> None:
    refused: Counter[str] = Counter()

    @given(plains, st.integers(min_value=0))
    def check(value: Plain, seed: int) -> None:
        data = pack_loosely(value, Random(seed).randrange)
        if data == pack(value):
            return
        with pytest.raises(RemoteProtocolError):
            decode(data, 1 << 20)
        refused[type(value).__name__] += 1

    check()
    assert refused.total() >= 40, refused


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("c0", "nil"),
        ("ca3f800000", "a short floating-point number"),
        ("cb3ff0000000000000", "a floating-point number"),
        ("cb8000000000000000", "minus zero"),
        ("cb7ff8000000000000", "not a number"),
        ("d6ff00000000", "a timestamp"),
        ("d40100", "an extension"),
        ("c1", "a byte that means nothing"),
        ("a1ff", "text that is not UTF-8"),
        ("a3eda080", "half of a character"),
        ("a365cc", "text that ends too soon"),
        ("a365cc81", "text that is not in normal form C"),
        ("81a365cc8101", "a key that is not in normal form C"),
        ("810101", "a key that is a number"),
        ("81c4016101", "a key that is bytes"),
        ("82a16101a16101", "a key that stands twice"),
        ("82a16201a16101", "keys in the wrong order"),
        ("cf8000000000000000", "a number beyond 64 bits with a sign"),
        ("9401", "an array that ends too soon"),
        ("0101", "something after the end"),
        ("", "nothing"),
        ("c6ffffffff", "a length beyond what came"),
        ("ddffffffff", "a count beyond what came"),
        ("cc01", "a number in a longer form"),
        ("d90161", "a length in a longer form"),
    ],
)
def test_what_is_not_canonical_is_refused(data: str, reason: str) -> None:
    with pytest.raises(RemoteProtocolError):
        decode(bytes.fromhex(data), SIZE_MAX)


def test_containers_nest_to_the_bound_and_not_beyond() -> None:
    def nested(depth: int) -> Plain:
        return [nested(depth - 1)] if depth else 1

    assert decode(encode(nested(NESTING_MAX)), SIZE_MAX) == nested(NESTING_MAX)
    with pytest.raises(RemoteProtocolError, match="nested"):
        decode(encode(nested(NESTING_MAX + 1)), SIZE_MAX)
    for deep in (b"\x91" * 60_000 + b"\x01", b"\x81\xa1a" * 20_000 + b"\x01"):
        with pytest.raises(RemoteProtocolError):
            decode(deep, SIZE_MAX)


def test_the_size_is_checked_before_anything_else() -> None:
    assert decode(encode("x" * 10), 11) == "x" * 10
    with pytest.raises(RemoteProtocolError, match="limit of 10"):
        decode(encode("x" * 10), 10)
    with pytest.raises(RemoteProtocolError, match="limit of 3"):
        decode_struct(encode(Point(1, 300)), POINT, 3)


def test_any_bytes_are_refused_or_are_the_encoding_of_what_was_read() -> None:
    outcomes: Counter[str] = Counter()

    @settings(max_examples=500)
    @given(
        st.one_of(
            st.binary(max_size=60), st.tuples(plains, st.binary(min_size=1, max_size=3), st.integers(min_value=0))
        )
    )
    def check(drawn: bytes | tuple[Plain, bytes, int]) -> None:
        data = drawn if isinstance(drawn, bytes) else _damaged(*drawn)
        try:
            value = decode(data, SIZE_MAX)
        except RemoteProtocolError:
            outcomes["refused"] += 1
        else:
            assert pack(value) == data
            outcomes["read"] += 1

    check()
    assert outcomes["refused"] >= 100, outcomes
    assert outcomes["read"] >= 20, outcomes


def _damaged(value: Plain, patch: bytes, place: int) -> bytes:
    data = encode(value)
    place %= len(data)
    return data[:place] + patch + data[place + len(patch) :]


def test_a_struct_is_read_with_fields_newer_than_this_program() -> None:
    assert decode_struct(encode({"x": 1, "y": 2}), POINT, SIZE_MAX) == Point(1, 2)
    assert decode_struct(encode({"w": [1], "x": 1, "z": {"deep": True}}), POINT, SIZE_MAX) == Point(1)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("82a17902a17801", "fields in the wrong order"),
        ("82a178cc01a17902", "a number in a longer form"),
        ("82a17801a17ac0", "nil in a field this program does not know"),
        ("82a17801a17aca3f800000", "a floating-point number in such a field"),
        ("82a178cb3ff0000000000000a17902", "a floating-point number for a whole one"),
        ("82a17801a17801", "a field that stands twice"),
        ("81a17902", "a field that is missing"),
        ("81a178a131", "text for a number"),
        ("920102", "an array for a map"),
        ("81a17801ff", "something after the end"),
        ("", "nothing"),
    ],
)
def test_a_struct_is_read_from_canonical_bytes_only(data: str, reason: str) -> None:
    with pytest.raises(RemoteProtocolError):
        decode_struct(bytes.fromhex(data), POINT, SIZE_MAX)


@pytest.mark.parametrize(
    "value", [None, 1.5, object(), {1: 2}, {"a": {b"b": 1}}, 2**63, -(2**63) - 1, (1, 2), "e\u0301"]
)
def test_what_the_encoding_does_not_have_is_no_plain_value(value: object) -> None:
    with pytest.raises(RemoteProtocolError):
        require_plain(value)


def _structs(above: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for struct in above.__subclasses__():
        yield struct
        yield from _structs(struct)


def test_every_struct_that_is_encoded_declares_its_fields_in_key_order() -> None:
    for module in pkgutil.walk_packages(edenmesh.core.__path__, "edenmesh.core."):
        importlib.import_module(module.name)
    # The session's messages have a coder of their own, which sorts; a record's state is computed and never encoded.
    # Neither is a version beside the bytes it came in, nor its place in a history.
    others = (
        "edenmesh.core.wire",
        "edenmesh.core.records.history",
        "edenmesh.core.records.states",
        "edenmesh.core.records.versions.version.Carried",
    )
    seen = 0
    for struct in _structs(msgspec.Struct):
        place = f"{struct.__module__}.{struct.__qualname__}"
        if not place.startswith("edenmesh.core.") or place.startswith(others):
            continue
        tag = struct.__struct_config__.tag_field
        keys = [*([tag] if tag else []), *struct.__struct_encode_fields__]
        assert keys == sorted(keys), struct
        seen += 1
    assert seen >= 20


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_normal_text_is_what_may_be_encoded(text: str) -> None:
    normal = normal_text(text)
    assert is_normal(normal)
    assert is_normal(text) == is_normalized("NFC", text) == (text == normal)
    assert decode(encode(normal), SIZE_MAX) == normal
