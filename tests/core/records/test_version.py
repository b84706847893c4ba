"""Versions: one canonical form, checked whole when read; what is newer than this program is carried."""

from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edenmesh.core.encoding import encode
from edenmesh.core.ids import AuthorId
from edenmesh.core.limits import VERSION_BYTES_MAX
from edenmesh.core.records import PUT, Carried, Date, Version, carry, owned_uuid, owns_uuid, version_id, write
from edenmesh.errors import InvalidInput, RemoteProtocolError
from tests.oracle.packing import pack, pack_loosely
from tests.oracle.version_cases import INVALID, VALID
from tests.oracle.versions import AUTHOR, OTHER_PARENT, PARENT, SALT, Map, base, plain, tagged


@given(plain())
def test_a_version_is_read_and_written_as_the_protocol_describes(drawn: Map) -> None:
    data = pack(drawn)
    carried = carry(data)
    assert carried == Carried(version_id(data), Version.decode(data), data)
    assert carried.id == sha256(sha256_of_tag() + data).digest()
    assert carried.version.encode() == data
    assert write(carried.version) == carried
    assert encode(carried.version) == data
    assert carried.version.is_understood == (drawn["op"] != "weigh")


def sha256_of_tag() -> bytes:
    return b"edenmesh/version/1\0"


@pytest.mark.parametrize("name", VALID)
def test_what_is_within_the_bounds_is_read(name: str) -> None:
    data = pack(VALID[name])
    assert carry(data).version.encode() == data


@pytest.mark.parametrize("name", INVALID)
def test_what_is_not_valid_is_refused(name: str) -> None:
    with pytest.raises(RemoteProtocolError):
        carry(pack(INVALID[name]))


@pytest.mark.parametrize("data", [b"", pack("text"), pack([base()]), pack(1), b"\xc0", pack({}), pack({"format": 2})])
def test_what_is_no_version_at_all_is_refused(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        carry(data)


def test_no_other_encoding_of_a_version_is_read() -> None:
    refused = Counter[str]()

    @given(plain(), st.integers(min_value=0))
    def check(drawn: Map, seed: int) -> None:
        data = pack_loosely(drawn, Random(seed).randrange)
        if data != pack(drawn):
            with pytest.raises(RemoteProtocolError):
                carry(data)
            refused["refused"] += 1

    check()
    assert refused["refused"] >= 50, refused


def test_any_bytes_are_refused_or_are_a_valid_version() -> None:
    outcomes = Counter[str]()

    @settings(max_examples=500)
    @given(st.one_of(st.binary(max_size=100), st.tuples(plain(), st.binary(min_size=1, max_size=4), st.integers(0))))
    def check(drawn: bytes | tuple[Map, bytes, int]) -> None:
        data = drawn if isinstance(drawn, bytes) else damaged(*drawn)
        try:
            carried = carry(data)
        except RemoteProtocolError:
            outcomes["refused"] += 1
            return
        outcomes["read"] += 1
        assert carried.data == data
        if carried.version.format == 1 and encode(carried.version) == data:
            assert write(carried.version) == carried
        else:
            outcomes["with something newer"] += 1

    check()
    assert outcomes["refused"] >= 100, outcomes
    assert outcomes["read"] >= 20, outcomes


def damaged(drawn: Map, patch: bytes, place: int) -> bytes:
    data = pack(drawn)
    place %= len(data)
    return data[:place] + patch + data[place + len(patch) :]


def test_fields_newer_than_this_program_are_carried_in_the_bytes() -> None:
    data = pack(base(zone={"deep": [1, "x"]}))
    carried = carry(data)
    assert carried.version == Version.decode(pack(base()))
    assert carried.data == data
    assert carried.id == version_id(data) != version_id(pack(base()))
    assert carried.version.is_understood


@pytest.mark.parametrize(
    "content",
    [
        {"set": {"x": tagged("geo", text="1,2")}},
        {"set": ["a", "different", "shape"], "unset": 1, "add": "x", "remove": True, "about": b"?"},
        {"set": {"x": "understood by chance"}, "parents": [PARENT]},
        {"op": "observe"},
    ],
)
def test_a_version_of_a_newer_format_is_carried_by_its_frame(content: Map) -> None:
    data = pack(base(format=2, **content))
    carried = carry(data)
    assert carried.data == data
    assert not carried.version.is_understood
    assert (carried.version.table, carried.version.author, carried.version.seq) == ("org_facility", AUTHOR, 0)
    assert carried.version.parents == content.get("parents", [])
    version = carried.version
    assert not any((version.set, version.unset, version.add, version.remove, version.about))


def test_a_version_of_a_newer_format_is_canonical_like_any() -> None:
    with pytest.raises(RemoteProtocolError):
        carry(pack(base(format=2, zone="e\u0301")))
    with pytest.raises(RemoteProtocolError):
        carry(pack(base(format=2))[:-1])


LOCAL: dict[str, Callable[[Version], Version]] = {
    "half of a character": lambda version: changed(version, set={"x": "\ud800"}),
    "a number beyond 64 bits": lambda version: changed(version, set={"x": 2**70}),
    "a number beyond 64 bits with a sign": lambda version: changed(version, set={"x": 2**63}),
    "an empty text": lambda version: changed(version, set={"x": ""}),
    "a text not in normal form": lambda version: changed(version, set={"x": "e\u0301"}),
    "no date": lambda version: changed(version, set={"x": Date("yesterday")}),
    "a short author": lambda version: changed(version, author=b"1"),
    "parents out of order": lambda version: changed(version, parents=[OTHER_PARENT, PARENT]),
    "more bytes than the bound": lambda version: changed(version, set={"x": "x" * VERSION_BYTES_MAX}),
}


def changed(version: Version, **changes: object) -> Version:
    fields = {name: getattr(version, name) for name in version.__struct_fields__}
    return Version(**{**fields, **changes})


@pytest.mark.parametrize("name", LOCAL)
def test_what_others_would_refuse_is_not_written(name: str) -> None:
    version = LOCAL[name](Version.decode(pack(base())))
    with pytest.raises(InvalidInput):
        write(version)
    with pytest.raises(InvalidInput):
        version.encode()


def test_a_long_text_is_refused_with_what_to_do() -> None:
    version = changed(Version.decode(pack(base())), set={"x": "x" * VERSION_BYTES_MAX})
    with pytest.raises(InvalidInput, match="attach them as a file"):
        write(version)


def test_a_record_born_here_owns_its_uuid() -> None:
    uuid = owned_uuid(AuthorId(AUTHOR), 7, SALT, "org_facility")
    assert uuid.startswith("urn:uuid:")
    assert uuid[len("urn:uuid:") + 14] == "8"
    assert uuid[len("urn:uuid:") + 19] in "89ab"
    first = Version.decode(pack(base(uuid=uuid, seq=7)))
    assert owns_uuid(first)
    for other in (base(uuid=uuid, seq=8), base(uuid=uuid, seq=7, table="t"), base(uuid=uuid, seq=7, parents=[PARENT])):
        assert not owns_uuid(Version.decode(pack(other)))
    assert first.op == PUT
