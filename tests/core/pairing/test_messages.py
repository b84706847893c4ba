import pytest
from hypothesis import given
from hypothesis import strategies as st

from edenmesh.core.encoding import Plain, encode
from edenmesh.core.limits import PAIRING_AUTHORS_MAX, PAIRING_SECRETS_MAX, PAIRING_STRANGER_BYTES_MAX
from edenmesh.core.pairing.messages import Nonce, decode_message, encode_message, rounded
from edenmesh.errors import RemoteProtocolError
from tests.core.pairing.duet import MESSAGE_MAX

KEY = b"k" * 32
INTRODUCTION: dict[str, Plain] = {
    "$": "introduction",
    "front_end": "digits",
    "is_alone": True,
    "may_admit": True,
    "members": 1,
    "mesh": KEY,
    "name": "Téléphone",
    "records": 0,
    "versions": [1],
}
SECRET: dict[str, Plain] = {"entry": KEY, "secret": KEY}


def part(**fields: Plain) -> dict[str, Plain]:
    return {"$": "charter", "entries": [b"entry"], "is_last": True, "secrets": [SECRET], **fields}


def authors(count: int) -> list[Plain]:
    return [number.to_bytes(32, "big") for number in range(count)]


@pytest.mark.parametrize(
    "plain",
    [
        INTRODUCTION,
        {**INTRODUCTION, "name": "ن" + "\u200c" + "م"},
        {**INTRODUCTION, "a field": "newer than this program"},
        {**INTRODUCTION, "versions": [1, 2, 2**31 - 1]},
        {"$": "authors", "authors": authors(PAIRING_AUTHORS_MAX)},
        part(),
        part(is_last=False, secrets=[]),
        {"$": "done"},
        {"$": "refusal", "reason": "unheard of"},
    ],
)
def test_valid_messages_are_read(plain: dict[str, Plain]) -> None:
    message = decode_message(encode(plain), MESSAGE_MAX)
    assert type(message).__struct_config__.tag == plain["$"]


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        ({**INTRODUCTION, "name": ""}, "name"),
        ({**INTRODUCTION, "name": "x" * 65}, "name"),
        ({**INTRODUCTION, "name": "two\nlines"}, "name"),
        ({**INTRODUCTION, "name": "\u202eesrever"}, "name"),
        ({**INTRODUCTION, "name": "e\u0301"}, "name holds something"),
        ({**INTRODUCTION, "mesh": b"short"}, "no id"),
        ({**INTRODUCTION, "members": 0}, "members"),
        ({**INTRODUCTION, "records": -1}, "records"),
        ({**INTRODUCTION, "records": 2**62}, "records"),
        ({**INTRODUCTION, "front_end": "typed"}, "a way this program does not know"),
        ({**INTRODUCTION, "versions": []}, "no version"),
        ({**INTRODUCTION, "versions": [2, 1]}, "not in order"),
        ({**INTRODUCTION, "versions": [1, 1]}, "not in order"),
        ({**INTRODUCTION, "versions": [0, 1]}, "out of range"),
        ({**INTRODUCTION, "versions": [2**31]}, "out of range"),
        ({**INTRODUCTION, "versions": list(range(1, 18))}, "too many"),
        ({"$": "commitment", "commitment": b"short"}, "no hash"),
        ({"$": "nonce", "nonce": b"n" * 32}, "16 bytes"),
        ({"$": "opening", "nonce": b""}, "16 bytes"),
        ({"$": "confirmation", "confirmation": b""}, "no hash"),
        ({"$": "authors", "authors": []}, "no author"),
        ({"$": "authors", "authors": authors(PAIRING_AUTHORS_MAX + 1)}, "too many"),
        ({"$": "authors", "authors": [b"short"]}, "no key"),
        ({"$": "authors", "authors": [KEY, KEY]}, "not in order"),
        (part(entries=[]), "empty"),
        (part(entries=[b""]), "too long"),
        (part(entries=[b"e" * 70_000]), "too long"),
        (part(secrets=[SECRET] * (PAIRING_SECRETS_MAX + 1)), "too many secrets"),
        (part(is_last=False), "before the end"),
        (part(secrets=[{"entry": KEY, "secret": b"short"}]), "none"),
        ({"$": "unheard of"}, "not the object expected"),
        ({"done": True}, "not the object expected"),
    ],
)
def test_invalid_messages_are_refused_in_clear_words(plain: dict[str, Plain], words: str) -> None:
    with pytest.raises(RemoteProtocolError, match=words):
        decode_message(encode(plain), MESSAGE_MAX)


def test_only_the_canonical_encoding_is_read() -> None:
    good = encode({"$": "nonce", "nonce": b"n" * 16})
    assert decode_message(good, MESSAGE_MAX) == Nonce(b"n" * 16)
    swapped = b"\x82\xa5nonce\xc4\x10" + b"n" * 16 + b"\xa1$\xa5nonce"
    for bad in (swapped, good + b"\x00", good[:-1], b"", good.replace(b"\xa1$", b"\xd9\x01$")):
        with pytest.raises(RemoteProtocolError):
            decode_message(bad, MESSAGE_MAX)


def test_longest_honest_message_of_a_stranger_fits_its_limit() -> None:
    longest = {**INTRODUCTION, "name": "\U0001f9ed" * 64, "records": 10**15, "versions": list(range(1, 17))}
    data = encode(longest)
    assert encode_message(decode_message(data, PAIRING_STRANGER_BYTES_MAX)) == data
    assert len(data) < PAIRING_STRANGER_BYTES_MAX // 4
    with pytest.raises(RemoteProtocolError, match="exceeds the limit"):
        decode_message(data, len(data) - 1)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, 0), (1, 1), (9, 9), (14, 10), (15, 20), (96, 100), (149, 100), (2345, 2000), (999_999, 1_000_000)],
)
def test_counts_are_told_to_one_digit(count: int, expected: int) -> None:
    assert rounded(count) == expected


@given(st.integers(0, 10**14))
def test_rounding_is_near_and_is_its_own_rounding(count: int) -> None:
    assert rounded(rounded(count)) == rounded(count)
    assert abs(rounded(count) - count) * 2 <= max(1, count)
    assert len(str(rounded(count)).rstrip("0")) <= 1
