"""The doors: a package is entered by its `__init__`, which says what is public, why it is there, and nothing untrue."""

import ast
import re
from pathlib import Path

from tests.house.checks import PACKAGE, Module, Report, declared_all, imports_of, read_modules, top_level_names
from tests.house.checks.floors import GROUND, room_of, suite_of


def check_doors(root: Path) -> Report:
    """Other rooms are entered by the door; doors have a docstring and a sorted, true `__all__`."""
    report = Report()
    modules = read_modules(root, "src")
    names = {module.name for module in modules}
    for module in modules:
        report.seen += 1
        _check_entrances(module, names, report)
        _check_all(module, names, report)
    return report


def _check_entrances(module: Module, names: set[str], report: Report) -> None:
    for found in imports_of(module):
        target = found.dotted if found.dotted in names else found.target
        if target.split(".")[0] != PACKAGE:
            continue
        own, room = room_of(module.name), room_of(target)
        suite = suite_of(room)
        if suite is not None and not f"{own}.".startswith(f"{suite}."):
            room = suite  # Its inner rooms are behind its door.
        door = f"{PACKAGE}.{room}" if room else PACKAGE
        if room != own and room not in GROUND and target != door:
            report.complain(module.place(found.node), f"enters {room} by {target}; import from {door} instead")
        if found.name is not None and found.name.startswith("_") and not found.name.startswith("__"):
            report.complain(module.place(found.node), f"takes the private name {found.name} of {found.target}")


def _check_all(module: Module, names: set[str], report: Report) -> None:
    public = declared_all(module)
    if module.is_package:
        if not ast.get_docstring(module.tree):
            report.complain(module.place(), "a door says in a docstring what its room is for")
        if public is None and top_level_names(module):
            report.complain(module.place(), "a door says in __all__ what is public")
    if public is None:
        return
    if public != sorted(public, key=_order):
        report.complain(module.place(), f"__all__ is not sorted; it should be {sorted(public, key=_order)}")
    if len(set(public)) != len(public):
        report.complain(module.place(), "__all__ names something twice")
    inner = {name.rpartition(".")[2] for name in names if name.rpartition(".")[0] == module.name}
    for name in sorted(set(public) - top_level_names(module) - inner):
        report.complain(module.place(), f"__all__ names {name}, which is not here")


def _order(name: str) -> tuple[int, list[tuple[int, str]]]:
    """The order ruff gives (RUF022): constants, then types, then the rest, each with numbers by value."""
    rank = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return rank, [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
