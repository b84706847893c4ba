"""The surface: what `import edenmesh` offers is sorted, real and explained."""

import tomllib
from pathlib import Path
from types import ModuleType

from tests.house.checks import Report

NAMES_MAX = 40


def check_surface(library: ModuleType) -> Report:
    """Every name in `__all__` is there and, where it is a type or function, has a docstring."""
    report = Report()
    public: list[str] = list(getattr(library, "__all__", ()))
    if not (library.__doc__ or "").strip():
        report.complain(library.__name__, "has no docstring")
    if len(public) > NAMES_MAX:
        report.complain(library.__name__, f"offers {len(public)} names; a surface is read at one sitting: {NAMES_MAX}")
    for name in public:
        report.seen += 1
        if not hasattr(library, name):
            report.complain(f"{library.__name__}.{name}", "stands in __all__ and is not there")
            continue
        value = getattr(library, name)
        if callable(value) and not (value.__doc__ or "").strip():
            report.complain(f"{library.__name__}.{name}", "has no docstring")
    return report


def check_lock(root: Path) -> Report:
    """The lock holds every dependency that pyproject.toml asks for, by version and hash; dev contains runtime."""
    report = Report()
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    wanted = {"runtime": project["dependencies"]}
    wanted["dev"] = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pins = {level: _pins(root / "requirements" / f"{level}.txt") for level in wanted}
    for level, requirements in wanted.items():
        for requirement in requirements:
            report.seen += 1
            name = requirement.split(">")[0].split("=")[0].strip().lower()
            if not any(pin.startswith(f"{name}==") for pin in pins[level]):
                report.complain(f"requirements/{level}.txt", f"{name} is not pinned; run `make lock`")
        for pin, hashes in pins[level].items():
            if not hashes:
                report.complain(f"requirements/{level}.txt", f"{pin} has no hash")
    for pin in sorted(pins["runtime"].keys() - pins["dev"].keys()):
        report.complain("requirements/dev.txt", f"does not contain {pin} of runtime.txt")
    return report


def _pins(path: Path) -> dict[str, int]:
    """Each pin of a lock, and how many hashes it has."""
    pins: dict[str, int] = {}
    pin = ""
    for line in path.read_text().splitlines():
        if "==" in line and not line.startswith((" ", "#")):
            pin = line.split()[0]
            pins[pin] = 0
        elif "--hash=sha256:" in line:
            pins[pin] += 1
    return pins
