"""Values: what may be kept, and when two of them are equal."""

from decimal import Decimal as Number
from json import loads

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edenmesh.core.limits import INTEGER_MAX, INTEGER_MIN, LABEL_CHARS_MAX, NAME_CHARS_MAX, UUID_CHARS_MAX
from edenmesh.core.records import Date, DateTime, Decimal, File, Reference, Value, canonical_text, content_text
from edenmesh.core.records.versions.values import require_value
from edenmesh.errors import InvalidInput

HASH = bytes(range(32))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Well", "Well"),
        (1999, "1999"),
        (True, "true"),
        (False, "false"),
        (Decimal("-0.5"), "-0.5"),
        (Date("2026-11-22"), "2026-11-22"),
        (DateTime("2026-11-22T22:24:22"), "2026-11-22T22:24:22"),
        (Reference("org_office", "u"), "org_office:u"),
        (Reference("org_office", "u", HASH), f"org_office:u#{HASH.hex()}"),
        (File(HASH, "a.jpg", "image/jpeg", 9), HASH.hex()),
    ],
)
def test_a_value_is_compared_by_its_canonical_text(value: Value, text: str) -> None:
    assert canonical_text(value) == text
    assert content_text(value) == text
    require_value(value)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1999, "1999"), (Decimal("12"), 12), (File(HASH, "a.jpg"), File(HASH, "b.png", "image/png", 3)), (True, "true")],
)
def test_values_of_different_kinds_are_equal_where_their_texts_are(one: Value, other: Value) -> None:
    assert canonical_text(one) == canonical_text(other)


def test_the_text_of_a_list_does_not_depend_on_the_order_of_its_items() -> None:
    assert content_text(("b", 1, "ä")) == content_text(("ä", "b", 1)) == '["1","b","ä"]'
    assert content_text(()) == "[]"
    assert content_text(("a,b",)) != content_text(("a", "b"))


@given(st.lists(st.text(min_size=1)))
def test_the_text_of_a_list_says_every_item(items: list[str]) -> None:
    assert loads(content_text(tuple(items))) == sorted(items)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("12", "12"),
        (" 1.50 ", "1.5"),
        ("-0", "0"),
        ("-0.00", "0"),
        ("1e3", "1000"),
        ("1E-3", "0.001"),
        ("+7", "7"),
        (".5", "0.5"),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, plain: str) -> None:
    assert Decimal.parse(text) == Decimal(plain)
    require_value(Decimal(plain))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=12))
def test_a_number_keeps_its_value(number: Number) -> None:
    decimal = Decimal.parse(str(number))
    assert Number(decimal.text) == number
    require_value(decimal)


@pytest.mark.parametrize(
    "text", ["", "twelve", "NaN", "Infinity", "1e65", "1e-65", "1,5", "0x10", "1_000", "١٢", "1." + "3" * 200]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Decimal.parse(text)


@pytest.mark.parametrize(
    "value",
    [
        INTEGER_MIN,
        INTEGER_MAX,
        Date("0001-01-01"),
        Date("2024-02-29"),
        DateTime("9999-12-31T23:59:59"),
        Reference("t" * NAME_CHARS_MAX, "u" * UUID_CHARS_MAX),
        File(HASH, "l" * LABEL_CHARS_MAX, "m" * LABEL_CHARS_MAX, INTEGER_MAX),
        Decimal("9" * 128),
        "größer",
    ],
)
def test_what_is_within_the_bounds_is_kept(value: Value) -> None:
    require_value(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "e\u0301",
        INTEGER_MIN - 1,
        INTEGER_MAX + 1,
        Decimal(""),
        Decimal("-0"),
        Decimal("1.0"),
        Decimal("01"),
        Decimal("1e3"),
        Decimal("+1"),
        Decimal("."),
        Decimal("١"),
        Decimal("9" * 129),
        Date("2026-11-2"),
        Date("2026-02-30"),
        Date("20261122xx"),
        Date("2026-W47-7"),
        Date("2026-11-22T"),
        Date("٢٠٢٦-11-22"),
        DateTime("2026-11-22"),
        DateTime("2026-11-22 22:24:22"),
        DateTime("2026-11-22T22:24:60"),
        DateTime("20261122T222422.123"),
        DateTime("2026-11-22T22:24:2Z"),
        DateTime("2026-W47-7T22:24:22"),
        DateTime("2026-11-22T22:24+01"),
        Reference("", "u"),
        Reference("t", ""),
        Reference("t" * (NAME_CHARS_MAX + 1), "u"),
        Reference("t", "u" * (UUID_CHARS_MAX + 1)),
        Reference("e\u0301", "u"),
        Reference("t", "e\u0301"),
        Reference("t", "u", b"short"),
        File(b"short"),
        File(HASH, size=-1),
        File(HASH, size=INTEGER_MAX + 1),
        File(HASH, label="l" * (LABEL_CHARS_MAX + 1)),
        File(HASH, media="m" * (LABEL_CHARS_MAX + 1)),
        File(HASH, label="e\u0301"),
        File(HASH, media="e\u0301"),
    ],
)
def test_what_is_not_canonical_is_not_kept(value: Value) -> None:
    with pytest.raises(InvalidInput):
        require_value(value)
