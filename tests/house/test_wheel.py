"""What is installed is whole."""

from pathlib import Path

from tests.house.checks.wheel import check_wheel
from tests.house.conftest import Plant

PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "edenmesh"
version = "1"
license-files = ["LICENSE"]

[project.scripts]
edenmesh = "edenmesh:main"

[tool.hatch.build.targets.wheel]
packages = ["src/edenmesh"]
"""
FILES = {"LICENSE": "free", "src/edenmesh/__init__.py": "", "src/edenmesh/pages/page.html": "<p>"}


def test_everything_the_package_needs_is_in_the_wheel(root: Path, tmp_path: Path) -> None:
    check_wheel(root, tmp_path).prove(seen_min=400)


def test_a_file_that_is_left_behind_is_seen(plant: Plant, tmp_path: Path) -> None:
    root = plant({**FILES, "pyproject.toml": PROJECT, ".gitignore": "build/\n", "src/edenmesh/build/a.sql": "x"})
    [complaint] = check_wheel(root, tmp_path / "dist").complaints
    assert complaint.startswith("edenmesh/build/a.sql: is not in the wheel")


def test_a_file_that_does_not_belong_there_is_seen(plant: Plant, tmp_path: Path) -> None:
    project = PROJECT.replace('mesh"]', 'mesh", "tests"]')
    root = plant({**FILES, "pyproject.toml": project, "tests/test_a.py": ""})
    [complaint] = check_wheel(root, tmp_path / "dist").complaints
    assert complaint == "tests/test_a.py: is in the wheel, and no part of the package"


def test_a_whole_wheel_is_let_through(plant: Plant, tmp_path: Path) -> None:
    report = check_wheel(plant({**FILES, "pyproject.toml": PROJECT}), tmp_path / "dist")
    assert (report.seen, report.complaints) == (7, [])
