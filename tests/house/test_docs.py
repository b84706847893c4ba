"""Docs that cannot rot."""

from pathlib import Path

import pytest

from tests.house.checks.docs import (
    MACHINE_PATHS,
    REGISTRY_HOSTS,
    check_code_blocks,
    check_links,
    check_machine_names,
    check_pages,
)
from tests.house.conftest import Plant
from tools.reference import command_group, commands, pages


def test_links_lead_somewhere(root: Path) -> None:
    check_links(root).prove(seen_min=5)


@pytest.mark.parametrize("link", ["gone.md", "docs/gone.md#x", "b.md#no-such", "#no-such"])
def test_a_dead_link_is_seen(plant: Plant, link: str) -> None:
    report = check_links(plant({"a.md": f"# Here\nsee [it]({link})\n", "b.md": "# There\n"}))
    assert len(report.complaints) == 1


def test_a_live_link_is_let_through(plant: Plant) -> None:
    text = "# One, two: `three`!\n[a](b.md#there) [b](#one-two-three) [c](https://example.org) [d](b.md)\n"
    text += "```\n[e](f.md)\n```\n"
    report = check_links(plant({"a.md": text, "b.md": "## There\n"}))
    assert (report.seen, report.complaints) == (3, [])


def test_python_blocks_compile(root: Path) -> None:
    check_code_blocks(root).prove(seen_min=0)


def test_a_broken_python_block_is_seen(plant: Plant) -> None:
    report = check_code_blocks(
        plant({"README.md": "```python\nx = 1\n```\n```python\nx = = 1\n```\n```sh\nx = = 1\n```\n"})
    )
    assert report.seen == 2
    assert len(report.complaints) == 1


def test_no_file_names_a_registry_or_a_machine(root: Path) -> None:
    check_machine_names(root).prove(seen_min=50)


@pytest.mark.parametrize("word", [*REGISTRY_HOSTS, *MACHINE_PATHS])
def test_a_registry_or_a_machine_path_is_seen(plant: Plant, word: str) -> None:
    report = check_machine_names(plant({"src/x.py": f"# {word}", ".ci/run": "true", "build/log": word}))
    assert report.seen == 2
    assert len(report.complaints) == 1


def test_the_reference_says_what_the_code_says(root: Path) -> None:
    check_pages(root, pages()).prove(seen_min=1)


def test_a_late_reference_is_seen(plant: Plant) -> None:
    root = plant({"docs/reference/cli.md": "old"})
    assert len(check_pages(root, {"docs/reference/cli.md": "new", "docs/reference/errors.md": "new"}).complaints) == 2


def test_every_command_explains_itself() -> None:
    group = command_group()
    if group is None:
        assert "docs/reference/cli.md" not in pages()
        return
    for path, command in commands(group, "edenmesh"):
        assert command.help, f"{path} has no help text"
        assert f"## {path}\n" in pages()["docs/reference/cli.md"]
