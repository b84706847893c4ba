"""Merge rules: what they give, where they give nothing, and that only the named device is told to apply them."""

import pytest

from edenmesh.core.ids import VersionId
from edenmesh.core.records import (
    Choice,
    Content,
    Date,
    DateTime,
    Decimal,
    FieldState,
    Rule,
    StrandState,
    Table,
    decide,
    rulings,
)

OURS, THEIRS = bytes([1]) * 32, bytes([2]) * 32
ONE = VersionId(bytes(32))


def _choices(*contents: Content | None) -> tuple[Choice, ...]:
    return tuple(Choice(content, (ONE,)) for content in contents)


@pytest.mark.parametrize(
    ("rule", "contents", "expected"),
    [
        ("highest", (3, 12), 12),
        ("highest", (12, 3), 12),
        ("lowest", (3, Decimal("2.5"), 12), Decimal("2.5")),
        ("highest", (Decimal("-1"), Decimal("-1.5")), Decimal("-1")),
        ("highest", (Date("2026-11-22"), Date("2026-09-30")), Date("2026-11-22")),
        ("lowest", (DateTime("2026-11-22T22:24:22"), DateTime("2026-11-22T22:24:21")), DateTime("2026-11-22T22:24:21")),
        ("joined", ("a well", "a clinic"), "a clinic\na well"),
    ],
)
def test_a_rule_gives_the_same_in_whatever_order_values_stand(
    rule: str, contents: tuple[Content, ...], expected: Content
) -> None:
    assert decide(rule, _choices(*contents)) == expected
    assert decide(rule, _choices(*reversed(contents))) == expected


@pytest.mark.parametrize(
    ("rule", "contents"),
    [
        ("highest", ("12", "3")),
        ("highest", (12, "3")),
        ("highest", (True, False)),
        ("highest", (12, None)),
        ("highest", (Date("2026-11-22"), DateTime("2026-11-22T22:24:22"))),
        ("joined", ("a", 1)),
        ("joined", (("a",), "b")),
        ("newest", (1, 2)),
        ("lowest", ()),
    ],
)
def test_a_rule_that_does_not_fit_leaves_the_conflict_to_people(
    rule: str, contents: tuple[Content | None, ...]
) -> None:
    assert decide(rule, _choices(*contents)) is None


def test_only_the_named_device_applies_a_rule_and_only_to_a_conflict() -> None:
    fields = {
        "beds": FieldState(_choices(80, 95)),
        "rooms": FieldState(_choices(7, 8)),
        "tents": FieldState(_choices(3)),
        "lat": FieldState(_choices(1, 2), unit=("lat", "lon")),
        "names": FieldState(_choices("b", "a")),
        "doors": FieldState(_choices("b", "a")),
    }
    rules = [Rule(name, "highest", OURS) for name in ("beds", "tents", "lat", "gone", "doors")]
    rules += [Rule("rooms", "highest", THEIRS), Rule("names", "joined", OURS)]
    strand = StrandState(first=ONE, firsts=(ONE,), heads=(ONE,), fields=fields)
    table = Table(name="cr_shelter", rules=rules)
    assert list(rulings(strand, table, OURS)) == [("highest", {"beds": 95}), ("joined", {"names": "a\nb"})]
    assert list(rulings(strand, table, THEIRS)) == [("highest", {"rooms": 8})]
