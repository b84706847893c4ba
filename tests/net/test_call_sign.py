"""Call-signs are easy to tell apart by ear."""

from importlib.resources import files
from itertools import combinations

import pytest

from edenmesh.net.call_sign import call_sign

LINES = (files("edenmesh.net") / "words.txt").read_text("ascii").splitlines()
FIRSTS, SECONDS = zip(*(line.split() for line in LINES), strict=True)


def test_call_sign_is_two_words_chosen_by_the_name() -> None:
    assert call_sign("00000000") == f"{FIRSTS[0]} {SECONDS[0]}"
    assert call_sign("02fe1234") == f"{FIRSTS[2]} {SECONDS[254]}"
    assert call_sign("ffffffff") == f"{FIRSTS[255]} {SECONDS[255]}"


def test_every_call_sign_is_another_one() -> None:
    signs = {call_sign(f"{number:04x}0000") for number in range(65536)}
    assert len(signs) == 65536


@pytest.mark.parametrize("words", [FIRSTS, SECONDS], ids=["first", "second"])
def test_words_are_short_plain_and_sorted(words: tuple[str, ...]) -> None:
    assert len(words) == 256
    assert list(words) == sorted(set(words))
    for word in words:
        assert word.isascii()
        assert word.isalpha()
        assert word.islower()
        assert 2 <= len(word) <= 10


@pytest.mark.parametrize("words", [FIRSTS, SECONDS], ids=["first", "second"])
def test_one_wrong_letter_never_makes_another_word(words: tuple[str, ...]) -> None:
    pairs = list(combinations(words, 2))
    assert len(pairs) == 32640
    close = [pair for pair in pairs if _differ_by_one_letter(*pair)]
    assert close == []


def test_no_word_is_in_both_lists() -> None:
    assert not set(FIRSTS) & set(SECONDS)


def _differ_by_one_letter(left: str, right: str) -> bool:
    if abs(len(left) - len(right)) > 1:
        return False
    short, long = sorted((left, right), key=len)
    start = next((at for at, (ours, theirs) in enumerate(zip(short, long, strict=False)) if ours != theirs), len(short))
    return short[start + (len(short) == len(long)) :] == long[start + 1 :]


def test_the_comparison_itself_sees_close_words() -> None:
    assert _differ_by_one_letter("parrot", "carrot")
    assert _differ_by_one_letter("pond", "pony")
    assert _differ_by_one_letter("early", "pearly")
    assert _differ_by_one_letter("fern", "ferns")
    assert not _differ_by_one_letter("fern", "farms")
