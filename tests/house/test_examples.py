"""Examples in pages are true."""

from pathlib import Path

import pytest

from tests.house.checks.examples import check_commands, check_named_files, check_worked_examples
from tests.house.conftest import Plant
from tools.reference import command_group, commands

OPTIONS = {"edenmesh": {"--version"}, "edenmesh form": set[str](), "edenmesh form add": {"--json"}}


def block(info: str, *lines: str) -> str:
    return "\n".join(["# Page", f"```{info}", *lines, "```", ""])


def test_worked_examples_equal_the_golden_bytes(root: Path) -> None:
    check_worked_examples(root).prove(seen_min=20)


@pytest.mark.parametrize(
    ("info", "line"),
    [
        ("hex v.json#/a/0", "00 02"),
        ("hex v.json#/a/0", "00"),
        ("hex v.json#/a/0", "no hex at all"),
        ("hex v.json#/a/7", "00 01"),
        ("hex v.json#/b", "00 01"),
        ("hex w.json#/a/0", "00 01"),
        ("hex v.json#/a/0 sha256", "00 01"),
    ],
)
def test_a_false_worked_example_is_seen(plant: Plant, info: str, line: str) -> None:
    report = check_worked_examples(plant({"docs/a.md": block(info, line), "v.json": '{"a": ["0001"]}'}))
    assert (report.seen, len(report.complaints)) == (1, 1)


def test_a_session_told_wrong_is_seen(plant: Plant) -> None:
    golden = '{"s": [{"from": "Ana", "kind": "hello"}, {"from": "Ben", "kind": "hello"}]}'
    for lines, count in ((["Ana hello", "Ben  hello"], 1), (["Ana hello"], 1), (["Ana hello ; first", "Ben hello"], 0)):
        report = check_worked_examples(plant({"docs/a.md": block("frames v.json#/s", *lines), "v.json": golden}))
        assert (report.seen, len(report.complaints)) == (1, count)


def test_a_true_worked_example_is_let_through(plant: Plant) -> None:
    hashed = '{"a b": ["0001", "b413f47d13ee2fe6c845b2ee141af81de858df4ec549a58b7970bb96645bc8d2"]}'
    text = block("hex v.json#/a b/0", "00   ; one", "01   ; two") + block("hex v.json#/a b/1 sha256", "0001")
    report = check_worked_examples(plant({"docs/b/a.md": text, "v.json": hashed}))
    assert (report.seen, report.complaints) == (2, [])


def test_files_that_pages_name_exist(root: Path) -> None:
    check_named_files(root).prove(seen_min=60)


@pytest.mark.parametrize("name", ["tests/gone", "tests/a.py", "core/gone.py", "docs/gone.md"])
def test_a_name_of_nothing_is_seen(plant: Plant, name: str) -> None:
    assert len(check_named_files(plant({"docs/a.md": f"see `{name}` and `a/b`"})).complaints) == 1


def test_names_of_files_are_let_through(plant: Plant) -> None:
    files = {"docs/a.md": "see `core/ids.py`, `tests/` and `tests/x.json`", "src/edenmesh/core/ids.py": ""}
    report = check_named_files(plant({**files, "tests/x.json": ""}))
    assert (report.seen, report.complaints) == (2, [])


def test_commands_in_pages_can_be_typed(root: Path) -> None:
    group = command_group()
    assert group is not None
    options = {
        path: {opt for one in command.params for opt in (*one.opts, *one.secondary_opts)}
        for path, command in commands(group, "edenmesh")
    }
    check_commands(root, options).prove(seen_min=20)


@pytest.mark.parametrize("line", ["edenmesh form", "edenmesh form gone x", "edenmesh form add x --gone", "edenmesh"])
def test_a_command_that_is_not_there_is_seen(plant: Plant, line: str) -> None:
    report = check_commands(plant({"docs/a.md": block("sh", "ls", line)}), OPTIONS)
    assert (report.seen, len(report.complaints)) == (1, 1)


def test_a_command_that_is_there_is_let_through(plant: Plant) -> None:
    report = check_commands(plant({"docs/a.md": block("sh", 'edenmesh form add "a b" --json  # why')}), OPTIONS)
    assert (report.seen, report.complaints) == (1, [])
