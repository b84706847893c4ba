"""What a visible device tells: recognised by members, noise to others."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edenmesh.net.announcement import Announcement, day_number, is_instance

SECRET, OTHER = b"ours".ljust(32), b"theirs".ljust(32)
DAY = 86_400
NOON = 20_000 * DAY + DAY / 2
NUMBERS = count(1)


def entropy(size_bytes: int) -> bytes:
    return next(NUMBERS).to_bytes(size_bytes, "big")


def test_members_recognise_each_other_and_nobody_else_does() -> None:
    announcement = Announcement.make(SECRET, entropy, NOON)
    assert announcement.is_member([OTHER, SECRET], NOON)
    assert not announcement.is_member([OTHER], NOON)
    assert not announcement.is_member([], NOON)


@pytest.mark.parametrize(("days_off", "recognised"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clock_may_be_a_day_off(days_off: int, recognised: bool) -> None:
    announcement = Announcement.make(SECRET, entropy, NOON)
    assert announcement.is_member([SECRET], NOON + days_off * DAY) is recognised


@pytest.mark.parametrize("now", [0.0, 5.0, -1e12])
def test_device_without_a_clock_announces_itself_all_the_same(now: float) -> None:
    assert Announcement.make(SECRET, entropy, now).is_member([SECRET], 5.0)


def test_two_announcements_of_one_device_have_nothing_in_common() -> None:
    first, second = Announcement.make(SECRET, entropy, NOON), Announcement.make(SECRET, entropy, NOON)
    assert first.nonce != second.nonce
    assert first.tag != second.tag


def test_known_announcement() -> None:
    """The vector of docs/protocol: a second implementation computes the same."""
    announcement = Announcement.make(bytes(range(32)), bytes, 20_000 * DAY)
    assert announcement.encode() == {"v": b"1", "n": b"0000000000000000", "t": b"870322d37c937605"}


@given(st.floats(0, 1e11), st.binary(min_size=1, max_size=64))
def test_announcement_survives_writing_and_reading(now: float, secret: bytes) -> None:
    announcement = Announcement.make(secret, entropy, now)
    text = {key.encode(): value for key, value in announcement.encode().items()}
    assert Announcement.decode(text) == announcement
    assert announcement.is_member([secret], now)


GOOD: dict[bytes, bytes | None] = {b"v": b"1", b"n": b"00112233445566aa", b"t": b"00112233445566bb"}


def test_unknown_entries_are_passed_over() -> None:
    assert Announcement.decode({**GOOD, b"x": b"later", b"y": None}) == Announcement.decode(GOOD) is not None


@pytest.mark.parametrize("key", [b"v", b"n", b"t"])
@pytest.mark.parametrize("value", [None, b"", b"2", b"00112233445566A0", b"00112233445566", b"\xff" * 16, b"0" * 17])
def test_other_announcement_is_none_of_ours(key: bytes, value: bytes | None) -> None:
    assert Announcement.decode({**GOOD, key: value}) is None
    assert Announcement.decode({other: GOOD[other] for other in GOOD if other != key}) is None


@given(st.dictionaries(st.sampled_from([b"v", b"n", b"t", b"z"]), st.none() | st.binary(max_size=20)))
def test_no_text_makes_reading_raise(text: dict[bytes, bytes | None]) -> None:
    announcement = Announcement.decode(text)
    assert announcement is None or len(announcement.nonce) == len(announcement.tag) == 8


def test_instance_names_are_told_from_others() -> None:
    assert is_instance("00ff12ab")
    for other in ("", "00ff12a", "00ff12abc", "00FF12AB", "printer", "00ff12ab\n", "٠٠ff12ab"):
        assert not is_instance(other)


def test_day_begins_at_midnight() -> None:
    assert [day_number(now) for now in (-5.0, 0.0, DAY - 0.5, DAY, NOON)] == [0, 0, 0, 1, 20_000]
