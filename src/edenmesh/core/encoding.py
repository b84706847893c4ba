"""Deterministic MessagePack: the only coder of what is hashed, signed or sent.

One value has one encoding: map keys are text in UTF-8 byte order, integers take their shortest form, there are no
floating-point numbers, no nil and no extension types, text is NFC. Received bytes are hashed, signed and stored as
they came; a decoder accepts them only if encoding the decoded value gives the same bytes again (so there is nothing
two readers could understand differently). Cost: about 0.5 us to encode and 3 us to decode 250 bytes.
"""

from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar
from unicodedata import is_normalized, normalize

import msgspec

from edenmesh.core.limits import INTEGER_MAX, INTEGER_MIN, NESTING_MAX
from edenmesh.errors import RemoteProtocolError

if TYPE_CHECKING:
    Plain: TypeAlias = "str | int | bool | bytes | list[Plain] | dict[str, Plain]"
else:
    Plain = Any  # msgspec decodes no union of text and bytes; `require_plain` checks what came

Shape = TypeVar("Shape")

_ENCODER: Final = msgspec.msgpack.Encoder(order="deterministic")
_DECODER: Final = msgspec.msgpack.Decoder()


def encode(value: object) -> bytes:
    """Encode plain values or structs whose fields are declared in key order."""
    return _ENCODER.encode(value)


def decode(data: bytes, size_max: int) -> Plain:
    """Decode a whole object of at most `size_max` bytes.

    Raises RemoteProtocolError unless the bytes are the one canonical encoding of a plain value.
    """
    if len(data) > size_max:
        raise RemoteProtocolError(what=f"An object of {len(data)} bytes exceeds the limit of {size_max}.")
    try:
        value = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RemoteProtocolError(what=f"The bytes are not an encoded object: {error}.") from error
    require_plain(value)
    if _ENCODER.encode(value) != data:
        raise RemoteProtocolError(what="The object is not in canonical encoding.")
    plain: Plain = value
    return plain


def decode_struct(data: bytes, decoder: "msgspec.msgpack.Decoder[Shape]", size_max: int) -> Shape:
    """Decode into a struct, tolerating fields newer than this program (they stay in the bytes, which are kept).

    Whether its texts are in normal form, and what stands in fields of any shape, is for the caller to check: it knows
    where such fields are. Raises RemoteProtocolError unless the bytes are canonical and fit the struct.
    """
    if len(data) > size_max:
        raise RemoteProtocolError(what=f"An object of {len(data)} bytes exceeds the limit of {size_max}.")
    try:
        value = decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RemoteProtocolError(what=f"The bytes are not the object expected: {error}.") from error
    if _ENCODER.encode(value) != data:
        # Either not canonical or with fields this program does not know: only the slower generic check can tell.
        decode(data, size_max)
    return value


def require_plain(value: object, depth: int = 0) -> None:
    """Raise RemoteProtocolError unless the value holds only what the coder speaks, nested within bounds.

    `depth` is the number of containers that the value stands in.
    """
    if isinstance(value, str):
        require_text(value)
    elif isinstance(value, bool | bytes):
        return
    elif isinstance(value, int):
        if not INTEGER_MIN <= value <= INTEGER_MAX:
            raise RemoteProtocolError(what="A number needs more than 64 bits.")
    elif not isinstance(value, dict | list):
        raise RemoteProtocolError(what=f"An object holds a {type(value).__name__}, which the encoding does not have.")
    elif depth >= NESTING_MAX:
        raise RemoteProtocolError(what=f"An object is nested deeper than {NESTING_MAX} levels.")
    elif isinstance(value, list):
        for item in value:
            require_plain(item, depth + 1)
    else:
        for key, item in value.items():
            if not isinstance(key, str):
                raise RemoteProtocolError(what="A map has a key that is not text.")
            require_text(key)
            require_plain(item, depth + 1)


def require_text(text: str) -> None:
    """Raise RemoteProtocolError unless the text is in Unicode normalization form C (UAX 15)."""
    if not is_normal(text):
        raise RemoteProtocolError(what="A text is not in Unicode normalization form C.")


def is_normal(text: str) -> bool:
    """Whether the text is in Unicode normalization form C (UAX 15), as all text that is encoded must be."""
    return text.isascii() or is_normalized("NFC", text)


def normal_text(text: str) -> str:
    """The text in Unicode normalization form C, as it must be before it is encoded."""
    return text if text.isascii() else normalize("NFC", text)
