"""Files, functions and parameter lists stay readable."""

from pathlib import Path

import pytest

from tests.house.checks.sizes import FILE_LINES_MAX, FUNCTION_LINES_MAX, check_sizes
from tests.house.conftest import Plant


def test_everything_fits_its_sitting(root: Path) -> None:
    check_sizes(root).prove(seen_min=40)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1\n" * (FILE_LINES_MAX + 1), "401 lines"),
        ("def long() -> None:\n" + "    x = 1\n" * FUNCTION_LINES_MAX, "long has 71 lines"),
        ("async def wide(a, b, c, d, e, f): ...", "wide has 6 positional"),
        ("class X:\n    def wide(self, a, b, /, c, d, e, f): ...", "wide has 6 positional"),
    ],
)
@pytest.mark.parametrize("folder", ["src/edenmesh/node", "tests/core", "tools"])
def test_what_is_too_long_is_seen(plant: Plant, folder: str, text: str, reason: str) -> None:
    report = check_sizes(plant({f"{folder}/x.py": text}))
    assert len(report.complaints) == 1
    assert reason in report.complaints[0]


def test_silence_over_nothing_is_no_proof(plant: Plant) -> None:
    with pytest.raises(AssertionError, match="looked at 0 things"):
        check_sizes(plant({"README.md": ""})).prove(seen_min=1)


def test_the_longest_allowed_is_let_through(plant: Plant) -> None:
    text = "def long() -> None:\n" + "    x = 1\n" * (FUNCTION_LINES_MAX - 1)
    text += "class X:\n    def wide(self, a, b, c, d, e, *, f, g): ...\n"
    text += "x = 1\n" * (FILE_LINES_MAX - FUNCTION_LINES_MAX - 2)
    report = check_sizes(plant({"src/edenmesh/node/x.py": text}))
    assert (report.seen, report.complaints) == (1, [])
