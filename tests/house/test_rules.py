"""Every rule has a test, and the page that says which is true."""

from pathlib import Path

import pytest

from tests.house.checks.rules import check_rules
from tests.house.conftest import Plant

RULES_MIN = 150
PAGE = "## 2.1 One\n\n| | rule | shown by |\n|---|---|---|\n| 2.1.1 | It is so | `tests/test_a.py::test_one` |\n"
TESTS = "def test_one() -> None:\n    assert True\n\n\ndef one() -> None: ...\n"


def test_every_rule_has_a_test(root: Path) -> None:
    check_rules(root).prove(seen_min=RULES_MIN)


def test_a_page_in_order_is_let_through(plant: Plant) -> None:
    check_rules(plant({"docs/rules.md": PAGE, "tests/test_a.py": TESTS})).prove(seen_min=1)


@pytest.mark.parametrize(
    "row",
    [
        "| 2.1.2 | A rule nobody shows | |",
        "| 2.1.2 | A rule to be shown later | later |",
        "| 2.1.2 | Its test is gone | `tests/test_a.py::test_two` |",
        "| 2.1.2 | Its file is gone | `tests/test_b.py::test_one` |",
        "| 2.1.2 | What is named is no test | `tests/test_a.py::one` |",
        "| 2.1.3 | One before it was dropped | `tests/test_a.py::test_one` |",
        "| 2.1.1 | A number twice | `tests/test_a.py::test_one` |",
        "| 2.2.1 | It stands nowhere | `tests/test_a.py::test_one` |",
        "\n## 2.2 Two",
    ],
)
def test_a_rule_that_nothing_shows_is_seen(plant: Plant, row: str) -> None:
    report = check_rules(plant({"docs/rules.md": f"{PAGE}{row}\n", "tests/test_a.py": TESTS}))
    assert len(report.complaints) == 1, report.complaints
