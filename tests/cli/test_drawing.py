"""What is shown: nothing a terminal would obey, times and amounts for people, digits that are read across a table."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edenmesh.cli.drawing.digits import big_digits
from edenmesh.cli.drawing.screen import amount, clean, moment


@given(st.text())
def test_shown_text_holds_nothing_a_terminal_obeys(text: str) -> None:
    shown = clean(text)
    assert len(shown) == len(text)
    kinds = {unicodedata.category(char) for char in shown if char not in "\u200c\u200d"}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize("text", ["Bakır", "می\u200cخواهم", "ශ්\u200dරී", "東京", "a — b", "482 913"])
def test_what_people_write_is_shown_as_it_is(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (2_345_678, "2.3 MB"), (10**13, "10000.0 GB")],
)
def test_amounts_are_in_units(size_bytes: int, words: str) -> None:
    assert amount(size_bytes) == words


def test_a_clock_may_say_anything() -> None:
    assert moment(0) == moment(-5) == "never"
    assert moment(10**30) == "at an impossible time"
    assert moment(1_700_000_000_000).startswith("2023-11-1")


def test_all_digits_differ_and_have_one_shape() -> None:
    drawn = [big_digits(digit) for digit in "0123456789"]
    assert len(set(drawn)) == 10
    assert {len(one.splitlines()) for one in drawn} == {5}
    lines = big_digits("482 913").splitlines()
    assert len(lines) == 5
    assert max(map(len, lines)) < 40
