"""What `import edenmesh` offers, and what it stands on."""

from pathlib import Path
from types import ModuleType

import edenmesh
from tests.house.checks.surface import check_lock, check_surface
from tests.house.conftest import Plant

PROJECT = '[project]\ndependencies = ["click>=8"]\n[project.optional-dependencies]\ndev = ["pytest>=8"]\n'


def test_the_surface_is_real() -> None:
    check_surface(edenmesh).prove(seen_min=1)


def test_types_are_declared_to_users(root: Path) -> None:
    assert (root / "src/edenmesh/py.typed").read_bytes() == b""


def test_a_false_surface_is_seen() -> None:
    def silent() -> None: ...

    library = ModuleType("library")
    vars(library).update(__all__=["ghost", "silent"], silent=silent)
    assert check_surface(library).complaints == [
        "library: has no docstring",
        "library.ghost: stands in __all__ and is not there",
        "library.silent: has no docstring",
    ]


def test_the_lock_holds_all_dependencies(root: Path) -> None:
    check_lock(root).prove(seen_min=20)


def test_a_poor_lock_is_seen(plant: Plant) -> None:
    runtime = "click==8.1 \\\n    --hash=sha256:00\nrich==13 \\\n    # via x\n"
    root = plant(
        {
            "pyproject.toml": PROJECT,
            "requirements/runtime.txt": runtime,
            "requirements/dev.txt": "pytest==8 --hash=sha256:00\n",
        }
    )
    assert check_lock(root).complaints == [
        "requirements/runtime.txt: rich==13 has no hash",
        "requirements/dev.txt: click is not pinned; run `make lock`",
        "requirements/dev.txt: pytest==8 has no hash",
        "requirements/dev.txt: does not contain click==8.1 of runtime.txt",
        "requirements/dev.txt: does not contain rich==13 of runtime.txt",
    ]
