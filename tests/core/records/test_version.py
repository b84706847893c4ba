"""Versions: one canonical form, checked whole when read; what is newer than this program is carried."""

from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edenmesh.core.encoding import Plain, encode
from edenmesh.core.ids import AuthorId
from edenmesh.core.limits import (
    COUNT_MAX,
    FORMAT_MAX,
    LABEL_CHARS_MAX,
    NAME_CHARS_MAX,
    NESTING_MAX,
    UUID_CHARS_MAX,
    VERSION_BYTES_MAX,
    VERSION_FIELDS_MAX,
    VERSION_ITEMS_MAX,
    VERSION_PARENTS_MAX,
)
from edenmesh.core.records import PUT, Carried, Date, Version, carry, owned_uuid, owns_uuid, version_id, write
from edenmesh.errors import InvalidInput, RemoteProtocolError
from tests.oracle.packing import pack, pack_loosely
from tests.oracle.versions import AUTHOR, OTHER_PARENT, PARENT, SALT, Map, base, plain, tagged

ABOUT: Map = {"body": bytes(32), "destination": bytes(32)}


def ids(count: int) -> list[Plain]:
    return [number.to_bytes(32, "big") for number in range(count)]


def nested(depth: int) -> Plain:
    return [nested(depth - 1)] if depth else True


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


VALID: dict[str, Map] = {
    "nothing set": base(set={"x": "1"}) | {"set": {"x": "1"}},
    "parents to the bound": base(parents=ids(VERSION_PARENTS_MAX)),
    "fields to the bound": base(set={f"f{number}": "x" for number in range(VERSION_FIELDS_MAX)}),
    "items to the bound": base(add={"needs": ["x"] * VERSION_ITEMS_MAX}),
    "names to the bound": base(table="t" * NAME_CHARS_MAX, uuid="u" * UUID_CHARS_MAX, set={"n" * NAME_CHARS_MAX: "x"}),
    "numbers to the bound": base(made=COUNT_MAX, seq=COUNT_MAX),
    "about nested to the bound": base(about={"why": nested(NESTING_MAX - 2)}),
    "an observation without values": base(op="observe", about=ABOUT, set={"x": "1"}),
    "an observation with words of a newer program": base(op="observe", about={**ABOUT, "etag": "x"}),
    "an unknown op": base(op="weigh", unset=["x"]),
    "an unknown table and field": base(table="ünbekannt", set={"größe": "1"}),
}


@pytest.mark.parametrize("name", VALID)
def test_what_is_within_the_bounds_is_read(name: str) -> None:
    data = pack(VALID[name])
    assert carry(data).version.encode() == data


INVALID: dict[str, Map] = {
    # the frame
    "no author": {name: value for name, value in base().items() if name != "author"},
    "a short author": base(author=AUTHOR[1:]),
    "a long author": base(author=AUTHOR + b"1"),
    "an author that is text": base(author="a" * 32),
    "a short salt": base(salt=SALT[1:]),
    "a short schema": base(schema=b"1"),
    "an empty schema": base(schema=b""),
    "format 0": base(format=0),
    "a format beyond the bound": base(format=FORMAT_MAX + 1),
    "a format that is text": base(format="1"),
    "a negative seq": base(seq=-1),
    "a seq beyond the bound": base(seq=COUNT_MAX + 1),
    "a time before 1970": base(made=-1),
    "a time beyond the bound": base(made=COUNT_MAX + 1),
    "a time that is true": base(made=True),
    "no op": base(op=""),
    "an op beyond the bound": base(op="x" * (NAME_CHARS_MAX + 1)),
    "an op not in normal form": base(op="e\u0301"),
    "no table": base(table=""),
    "a table beyond the bound": base(table="t" * (NAME_CHARS_MAX + 1)),
    "a table not in normal form": base(table="e\u0301"),
    "no uuid": base(uuid=""),
    "a uuid beyond the bound": base(uuid="u" * (UUID_CHARS_MAX + 1)),
    "a uuid not in normal form": base(uuid="e\u0301"),
    "parents that are empty": base(parents=[]),
    "a short parent": base(parents=[b"1"]),
    "parents out of order": base(parents=[OTHER_PARENT, PARENT]),
    "a parent twice": base(parents=[PARENT, PARENT]),
    "parents beyond the bound": base(parents=ids(VERSION_PARENTS_MAX + 1)),
    # fields
    "set that is empty": base(set={}),
    "fields beyond the bound": base(set={f"f{number}": "x" for number in range(VERSION_FIELDS_MAX + 1)}),
    "a field without a name": base(set={"": "x"}),
    "a field's name beyond the bound": base(set={"n" * (NAME_CHARS_MAX + 1): "x"}),
    "a field's name not in normal form": base(set={"e\u0301": "x"}),
    "an empty text": base(set={"x": ""}),
    "a text not in normal form": base(set={"x": "e\u0301"}),
    "bytes for a value": base(set={"x": b"1"}),
    "a list for a value": base(set={"x": ["1"]}),
    "an unknown kind of value": base(set={"x": tagged("geo", text="1,2")}),
    "a value without a kind": base(set={"x": {"text": "1"}}),
    "unset that is empty": base(parents=[PARENT], unset=[]),
    "unset out of order": base(parents=[PARENT], unset=["y", "x"]),
    "unset twice": base(parents=[PARENT], unset=["x", "x"]),
    "unset without a name": base(parents=[PARENT], unset=[""]),
    "unset not in normal form": base(parents=[PARENT], unset=["e\u0301"]),
    "a field set and unset": base(parents=[PARENT], unset=["name"]),
    "a first version that empties": base(unset=["x"]),
    # lists
    "add that is empty": base(add={}),
    "an addition of nothing": base(add={"needs": []}),
    "items beyond the bound": base(add={"needs": ["x"] * (VERSION_ITEMS_MAX + 1)}),
    "an item that is empty": base(add={"needs": [""]}),
    "a list's name not in normal form": base(add={"e\u0301": ["x"]}),
    "a list that is set": base(add={"name": ["x"]}),
    "a list that is unset": base(parents=[PARENT], unset=["x"], remove={"x": [["1", [PARENT]]]}),
    "a removal of nothing": base(parents=[PARENT], remove={"needs": []}),
    "a removal of an empty item": base(parents=[PARENT], remove={"needs": [["", [PARENT]]]}),
    "a removal that saw nothing": base(parents=[PARENT], remove={"needs": [["x", []]]}),
    "a removal that saw out of order": base(parents=[PARENT], remove={"needs": [["x", [OTHER_PARENT, PARENT]]]}),
    "a removal with something more": base(parents=[PARENT], remove={"needs": [["x", [PARENT], "y"]]}),
    "a removal too short": base(parents=[PARENT], remove={"needs": [["x"]]}),
    "a first version that removes": base(remove={"needs": [["x", [PARENT]]]}),
    # ops
    "a retract of nothing": {name: value for name, value in base(op="retract").items() if name != "set"},
    "a retract that sets": base(op="retract", parents=[PARENT]),
    "a resolution of nothing": base(op="resolve"),
    "an observation of nowhere": base(op="observe", about={"body": bytes(32)}),
    "an observation of nothing": base(op="observe", about={"destination": bytes(32)}),
    "an observation without a word": base(op="observe"),
    "an observation of half a body": base(op="observe", about={**ABOUT, "body": b"1"}),
    "an observation with an empty stamp": base(op="observe", about={**ABOUT, "modified_on": ""}),
    "an observation with a stamp beyond the bound": base(
        op="observe", about={**ABOUT, "created_on": "x" * (LABEL_CHARS_MAX + 1)}
    ),
    "an observation after nothing": base(op="observe", about={**ABOUT, "after": []}),
    "an observation after what is out of order": base(op="observe", about={**ABOUT, "after": [OTHER_PARENT, PARENT]}),
    "an observation that found nothing": base(op="observe", about={**ABOUT, "found": {}}),
    "an observation that found out of order": base(
        op="observe", about={**ABOUT, "found": {"x": [OTHER_PARENT, PARENT]}}
    ),
    "about that is empty": base(about={}),
    "about nested beyond the bound": base(about={"why": nested(NESTING_MAX - 1)}),
    "about with a text not in normal form": base(about={"why": "e\u0301"}),
    "about with a key not in normal form": base(about={"e\u0301": 1}),
    # the whole
    "more bytes than the bound": base(set={"x": "x" * VERSION_BYTES_MAX}),
    "a newer format without a frame": base(format=2, salt=b""),
    "a newer format with parents out of order": base(format=2, parents=[OTHER_PARENT, PARENT]),
    "a newer format with a table not in normal form": base(format=2, table="e\u0301"),
}


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
