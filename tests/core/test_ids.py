"""Identifiers: hashes under tags of their own, and a text form that catches slips of the pen."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edenmesh.core.ids import ID_BYTES, format_id, parse_id, record_id, tagged_hash
from edenmesh.errors import InvalidInput

values = st.binary(min_size=ID_BYTES, max_size=ID_BYTES)
prefixes = st.sampled_from("vrdaemfhs")
VALUE = bytes(range(ID_BYTES))


def test_a_tagged_hash_is_the_one_the_protocol_describes() -> None:
    data = b"edenmesh/record/1\0" + (3).to_bytes(8, "big") + b"org" + (1).to_bytes(8, "big") + b"u"
    assert tagged_hash("record", b"org", b"u") == sha256(data).digest()
    assert record_id("org", "u") == tagged_hash("record", b"org", b"u")


@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_no_two_lists_of_parts_hash_alike(ours: list[bytes], theirs: list[bytes]) -> None:
    assert (tagged_hash("t", *ours) == tagged_hash("t", *theirs)) == (ours == theirs)
    assert tagged_hash("t", *ours) != tagged_hash("u", *ours)


@given(prefixes, values)
def test_the_text_form_is_read_back(prefix: str, value: bytes) -> None:
    text = format_id(prefix, value)
    assert text.startswith(f"{prefix}-")
    assert text == text.lower()
    assert parse_id(prefix, f" {text}\n") == value


def test_a_slip_of_the_pen_is_caught() -> None:
    text = format_id("d", VALUE)
    slips = [
        text[:place] + other + text[place + 1 :]
        for place in range(2, len(text))
        for other in "2kz"
        if other != text[place]
    ]
    swaps = [text[:place] + text[place + 1] + text[place] + text[place + 2 :] for place in range(2, len(text) - 1)]
    caught = [slip for slip in {*slips, *swaps} - {text} if _is_refused("d", slip)]
    # Two check characters are ten bits: about one slip in a thousand would pass.
    assert len(caught) >= len({*slips, *swaps} - {text}) - 2
    assert len(caught) > 150


def test_one_identifier_has_one_text_form_but_for_the_size_of_letters() -> None:
    text = format_id("d", VALUE)
    last = len(text) - 3
    same = [
        one for one in "abcdefghijklmnopqrstuvwxyz234567" if not _is_refused("d", text[:last] + one + text[last + 1 :])
    ]
    assert same == [text[last]]
    assert parse_id("d", text.upper()) == VALUE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "d",
        "d-",
        "-",
        "d-aa",
        format_id("v", VALUE),
        format_id("d", VALUE)[:-1],
        format_id("d", VALUE[:-1]),
        "d-ä" * 20,
    ],
)
def test_what_is_no_identifier_of_that_kind_is_refused(text: str) -> None:
    assert _is_refused("d", text)


def test_a_kind_that_does_not_exist_is_refused() -> None:
    assert _is_refused("q", format_id("q", VALUE))


def _is_refused(prefix: str, text: str) -> bool:
    try:
        parse_id(prefix, text)
    except InvalidInput:
        return True
    return False
