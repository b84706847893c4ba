"""Versions at the bounds of what is valid, by name: what is within them, and what is refused."""

from edenmesh.core.encoding import Plain
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
from tests.oracle.versions import AUTHOR, OTHER_PARENT, PARENT, SALT, Map, base, tagged

ABOUT: Map = {"body": bytes(32), "destination": bytes(32)}


def ids(count: int) -> list[Plain]:
    return [number.to_bytes(32, "big") for number in range(count)]


def nested(depth: int) -> Plain:
    return [nested(depth - 1)] if depth else True


VALID: dict[str, Map] = {
    "nothing set": base(set={"x": "1"}) | {"set": {"x": "1"}},
    "parents to the bound": base(parents=ids(VERSION_PARENTS_MAX)),
    "fields to the bound": base(set={f"f{number}": "x" for number in range(VERSION_FIELDS_MAX)}),
    "items to the bound": base(add={"needs": ["x"] * VERSION_ITEMS_MAX}),
    "names to the bound": base(table="t" * NAME_CHARS_MAX, uuid="u" * UUID_CHARS_MAX, set={"n" * NAME_CHARS_MAX: "x"}),
    "numbers to the bound": base(made=COUNT_MAX, seq=COUNT_MAX),
    "a change under an account": base(about={"account": "Bo's phone"}),
    "a change under what is no account": base(about={"account": 7}),
    "about nested to the bound": base(about={"why": nested(NESTING_MAX - 2)}),
    "an observation without values": base(op="observe", about=ABOUT, set={"x": "1"}),
    "an observation with words of a newer program": base(op="observe", about={**ABOUT, "etag": "x"}),
    "an unknown op": base(op="weigh", unset=["x"]),
    "an unknown table and field": base(table="ünbekannt", set={"größe": "1"}),
}


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
    "a value and items of one field": base(add={"name": ["x"]}),
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
    "a resolution that one strand is the same": base(op="resolve", parents=[PARENT], about={"same": [PARENT]}),
    "a resolution with strands out of order": base(
        op="resolve", parents=[PARENT], about={"same": [OTHER_PARENT, PARENT]}
    ),
    "a resolution by which nobody leaves": base(op="resolve", parents=[PARENT], about={"keeps": PARENT}),
    "a resolution by which nobody stays": base(op="resolve", parents=[PARENT], about={"leaves": [PARENT]}),
    "a resolution by which one leaves and stays": base(
        op="resolve", parents=[PARENT], about={"keeps": PARENT, "leaves": [PARENT]}
    ),
    "a resolution that says same and different": base(
        op="resolve",
        parents=[PARENT],
        about={"keeps": PARENT, "leaves": [OTHER_PARENT], "same": [PARENT, OTHER_PARENT]},
    ),
    "a resolution that undoes nothing": base(op="resolve", parents=[PARENT], about={"undoes": []}),
    "a resolution with an empty reason": base(op="resolve", parents=[PARENT], about={"why": ""}),
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
    "an observation that ends out of order": base(op="observe", about={**ABOUT, "ends": {"x": [OTHER_PARENT, PARENT]}}),
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
