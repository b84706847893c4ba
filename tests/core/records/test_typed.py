"""From raw to typed: total over JSON, and never two contents for what a server writes in two ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edenmesh.core.limits import VERSION_ITEMS_MAX
from edenmesh.core.records import (
    KINDS,
    Content,
    Date,
    DateTime,
    Decimal,
    Raw,
    Reference,
    content_of,
    content_text,
    in_order,
    moment_of,
    text_of,
)
from edenmesh.core.records.versions.values import require_value
from edenmesh.errors import InvalidInput

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from(("true", "2026-11-22", "2026-11-22T10:00:00Z", "1e5", "|a|b|", '["a"]', "\ud800", "0x1", "١"))
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9).map(
        lambda number: Decimal.parse(str(number))
    )
)
RAW: st.SearchStrategy[Raw] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
)


@given(RAW, st.sampled_from(sorted(KINDS | {"", "password"})))
def test_any_raw_value_is_content_or_empty_or_refused(raw: Raw, kind: str) -> None:
    try:
        content = content_of(raw, kind)
    except InvalidInput:
        return
    if content is None:
        return
    for value in content if isinstance(content, tuple) else (content,):
        require_value(value)
    assert content_text(content)
    assert kind.startswith("list:") == isinstance(content, tuple) or not kind


@given(st.floats(-1e15, 1e15).filter(lambda number: number == 0 or abs(number) > 1e-15))
def test_a_double_is_what_a_double_holds(number: float) -> None:
    content = content_of(repr(number), "double")
    assert isinstance(content, Decimal)
    assert float(content.text) == number


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T23:15:22", "2026-11-22T23:15:22"),
        ("2026-11-22T23:15:22Z", "2026-11-22T23:15:22"),
        ("2026-11-22T23:15:22.999999Z", "2026-11-22T23:15:22"),
        (" 2026-11-22 23:15 ", "2026-11-22T23:15:00"),
        ("2026-11-22", "2026-11-22T00:00:00"),
        ("2026-11-23T00:15:22+01:00", "2026-11-22T23:15:22"),
    ],
)
def test_a_moment_is_utc_to_the_second(text: str, moment: str) -> None:
    assert moment_of(text) == DateTime(moment)


@pytest.mark.parametrize("text", ["", "noon", "2026-13-01", "0001-01-01T00:00:00+23:59", "2026-11-22T25:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        moment_of(text)


@pytest.mark.parametrize(
    ("raw", "kind", "content"),
    [
        (" 12 ", "integer", 12),
        ("1e3", "integer", 1000),
        ("-0", "integer", 0),
        (True, "string", "true"),
        ("YES", "boolean", True),
        (0, "boolean", False),
        ("2026-11-22T10:00", "date", Date("2026-11-22")),
        ([[]], "text", "[[]]"),
        ({"a": None}, "text", '{"a":null}'),
        (Decimal("1.50"), "json", "1.5"),
        (7, "list:integer", (7,)),
        (["", None], "list:string", None),
        (Decimal("0.1"), "decimal", Decimal("0.1")),
    ],
)
def test_what_is_written_in_another_way_means_the_same(raw: Raw, kind: str, content: Content | None) -> None:
    assert content_of(raw, kind) == content


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (True, "integer"),
        (str(2**63), "integer"),
        (2**63, "integer"),
        ("NaN", "double"),
        ("1e400", "double"),
        (2, "boolean"),
        (20261122, "date"),
        (5, "datetime"),
        ("uuid", "reference"),
        ("file.png", "upload"),
        ("\ud800", "text"),
        (list(map(str, range(VERSION_ITEMS_MAX + 1))), "list:string"),
        (["x"], "list:integer"),
    ],
)
def test_what_does_not_fit_is_refused_with_words(raw: Raw, kind: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        content_of(raw, kind)
    assert caught.value.what.endswith(".")
    assert len(caught.value.what) < 120


def test_items_stand_in_the_order_of_their_texts_each_once() -> None:
    assert in_order([10, 9, "10", 9]) == ("10", 9)
    assert in_order([Reference("t", "b"), Reference("t", "a")]) == (Reference("t", "a"), Reference("t", "b"))


def test_anything_has_a_text() -> None:
    raws: list[Raw] = [None, True, 7, Decimal("0.5"), [1], {"b": 1, "a": "é"}]
    assert [text_of(raw) for raw in raws] == ["", "true", "7", "0.5", "[1]", '{"a":"é","b":1}']
