"""Versions as plain maps, written down from the protocol's description and not by the program's types.

`plain` draws valid ones; `base` is one to change in a test. `pack` of such a map is what the program must write.
"""

from typing import Final

from hypothesis import strategies as st

from edenmesh.core.encoding import Plain, normal_text
from edenmesh.core.limits import INTEGER_MAX, INTEGER_MIN

Map = dict[str, Plain]

AUTHOR: Final = bytes([0xA1]) * 32
SALT: Final = bytes(range(16))
PARENT: Final = bytes([0x01]) * 32
OTHER_PARENT: Final = bytes([0x02]) * 32


def base(**changes: Plain) -> Map:
    """A small valid version, with some of its fields changed."""
    plain: Map = {
        "author": AUTHOR,
        "format": 1,
        "made": 1_790_000_000_000,
        "op": "put",
        "salt": SALT,
        "seq": 0,
        "set": {"name": "Well"},
        "table": "org_facility",
        "uuid": "urn:uuid:5b1d1a7e-0000-4000-8000-000000000001",
    }
    return {**plain, **changes}


def tagged(kind: str, **fields: Plain) -> Plain:
    """A value that is no text, number or boolean."""
    return {"$": kind, **fields}


_ids = st.binary(min_size=32, max_size=32)
_sorted_ids: st.SearchStrategy[Plain] = st.sets(_ids, min_size=1, max_size=3).map(lambda ids: list[Plain](sorted(ids)))
_names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).map(normal_text)
_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).map(normal_text)
_values: st.SearchStrategy[Plain] = st.one_of(
    _texts,
    st.booleans(),
    st.integers(min_value=INTEGER_MIN, max_value=INTEGER_MAX),
    st.sampled_from(["0", "12", "-0.5", "1.25"]).map(lambda text: tagged("decimal", text=text)),
    st.dates().map(lambda day: tagged("date", text=day.isoformat())),
    st.datetimes().map(lambda moment: tagged("datetime", text=moment.replace(microsecond=0).isoformat())),
    st.builds(lambda table, uuid: tagged("reference", table=table, uuid=uuid), _names, _names),
    st.builds(lambda one, uuid: tagged("reference", table="t", uuid=uuid, version=one), _ids, _names),
    st.builds(lambda one, size: tagged("file", hash=one, size=size), _ids, st.integers(min_value=1, max_value=2**40)),
    st.builds(lambda one, text: tagged("file", hash=one, label=text, media="image/png", size=1), _ids, _texts),
    _ids.map(lambda one: tagged("file", hash=one)),
)
_items: st.SearchStrategy[Plain] = st.lists(_values, min_size=1, max_size=3).map(list[Plain])
_removal: st.SearchStrategy[Plain] = st.tuples(_values, _sorted_ids).map(list[Plain])
_removals: st.SearchStrategy[Plain] = st.lists(_removal, min_size=1, max_size=2).map(list[Plain])


@st.composite
def plain(draw: st.DrawFn) -> Map:
    """Any valid version of this format."""
    version: Map = {
        "author": draw(_ids),
        "format": 1,
        "made": draw(st.integers(min_value=0, max_value=2**53)),
        "op": draw(st.sampled_from(["put", "put", "resolve", "retract", "observe", "weigh"])),
        "salt": draw(st.binary(min_size=16, max_size=16)),
        "seq": draw(st.integers(min_value=0, max_value=2**53)),
        "table": draw(_names),
        "uuid": draw(_names),
    }
    if version["op"] in ("resolve", "retract") or draw(st.booleans()):
        version["parents"] = draw(_sorted_ids)
    if draw(st.booleans()):
        version["schema"] = draw(_ids)
    if version["op"] == "observe":
        version["about"] = draw(_observed())
    elif draw(st.booleans()):
        version["about"] = {"via": draw(_texts), "why": draw(_texts)}
    if version["op"] != "retract":
        version.update(draw(_contents(may_take="parents" in version)))
    return version


@st.composite
def _observed(draw: st.DrawFn) -> Map:
    about: Map = {"body": draw(_ids), "destination": draw(_ids), "heard": draw(st.booleans())}
    if draw(st.booleans()):
        about["after"] = draw(_sorted_ids)
    if draw(st.booleans()):
        about["found"] = draw(st.dictionaries(_names, _sorted_ids, min_size=1, max_size=2))
    if draw(st.booleans()):
        about["modified_on"] = "2026-11-22T22:24:22Z"
    return about


@st.composite
def _contents(draw: st.DrawFn, *, may_take: bool) -> Map:
    contents: Map = {}
    values: dict[str, Plain] = draw(st.dictionaries(_names, _values, max_size=4))
    unset: list[Plain] = list(sorted(draw(st.sets(_names, max_size=2)) - values.keys()) if may_take else [])
    touched = {*values, *unset}
    lists = draw(st.sets(_names, max_size=2)) - touched
    added: dict[str, Plain] = {name: draw(_items) for name in lists}
    removed: dict[str, Plain] = {name: draw(_removals) for name in lists if may_take}
    for name, content in (("set", values), ("unset", unset), ("add", added), ("remove", removed)):
        if content and (name == "set" or draw(st.booleans())):
            contents[name] = content
    return contents
