"""Deterministic MessagePack written down once more, from its specification, to compare the program's coder with.

`pack` gives the one canonical encoding. `pack_loosely` gives another that means the same and that must be refused:
lengths and integers in longer forms than needed, keys in another order, or twice.
"""

from collections.abc import Callable
from struct import pack as packed
from typing import Final

from edenmesh.core.encoding import Plain

Choose = Callable[[int], int]
"""A number below the one given."""


def pack(value: Plain) -> bytes:
    """The canonical encoding: keys in UTF-8 byte order, everything in its shortest form."""
    return pack_loosely(value, lambda count: 0)


def pack_loosely(value: Plain, choose: Choose) -> bytes:
    """An encoding in which `choose` picks among the possible forms; choice 0 is always the canonical one."""
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        forms = _integers(value)
        return forms[choose(len(forms))]
    if isinstance(value, bytes):
        return _header(value, _BIN, choose) + value
    if isinstance(value, str):
        data = value.encode()
        return _header(data, _STR, choose) + data
    if isinstance(value, list):
        return _header(value, _ARRAY, choose) + b"".join(pack_loosely(item, choose) for item in value)
    keys = sorted(value, key=str.encode)
    if len(keys) > 1 and choose(2):
        keys = keys[1:] + keys[:1]
    if keys and choose(4) == 3:
        keys = [keys[0], *keys]
    pairs = [pack_loosely(key, choose) + pack_loosely(value[key], choose) for key in keys]
    return _header(pairs, _MAP, choose) + b"".join(pairs)


_Form = tuple[int, Callable[[int], bytes]]

_STR: Final[list[_Form]] = [
    (31, lambda size: packed(">B", 0xA0 | size)),
    (0xFF, lambda size: packed(">BB", 0xD9, size)),
    (0xFFFF, lambda size: packed(">BH", 0xDA, size)),
    (0xFFFFFFFF, lambda size: packed(">BI", 0xDB, size)),
]
_BIN: Final[list[_Form]] = [
    (0xFF, lambda size: packed(">BB", 0xC4, size)),
    (0xFFFF, lambda size: packed(">BH", 0xC5, size)),
    (0xFFFFFFFF, lambda size: packed(">BI", 0xC6, size)),
]
_ARRAY: Final[list[_Form]] = [
    (15, lambda size: packed(">B", 0x90 | size)),
    (0xFFFF, lambda size: packed(">BH", 0xDC, size)),
    (0xFFFFFFFF, lambda size: packed(">BI", 0xDD, size)),
]
_MAP: Final[list[_Form]] = [
    (15, lambda size: packed(">B", 0x80 | size)),
    (0xFFFF, lambda size: packed(">BH", 0xDE, size)),
    (0xFFFFFFFF, lambda size: packed(">BI", 0xDF, size)),
]


def _header(content: bytes | list[Plain] | list[bytes], forms: list[_Form], choose: Choose) -> bytes:
    fitting = [write for size_max, write in forms if len(content) <= size_max]
    return fitting[choose(len(fitting))](len(content))


def _integers(value: int) -> list[bytes]:
    if value >= 0:
        forms = [(0x7F, ">B", b""), (0xFF, ">B", b"\xcc"), (0xFFFF, ">H", b"\xcd")]
        forms += [(0xFFFFFFFF, ">I", b"\xce"), (2**64 - 1, ">Q", b"\xcf")]
        return [head + packed(form, value) for most, form, head in forms if value <= most]
    signed = [(-0x20, ">b", b""), (-0x80, ">b", b"\xd0"), (-0x8000, ">h", b"\xd1")]
    signed += [(-0x80000000, ">i", b"\xd2"), (-(2**63), ">q", b"\xd3")]
    return [head + packed(form, value) for least, form, head in signed if value >= least]
