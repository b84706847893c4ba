"""The floors: who may know of whom. Imports go downwards only, and rooms on one floor have no door between them.

The ground floor is one room, since its few modules carry each other. The package's own `__init__` is the library's
surface; it stands above the node and below the faces. A suite is a room with rooms inside, which stand below it.
"""

from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tests.house.checks import PACKAGE, Import, Module, Report, imports_of, read_modules

SUITES = ("core.records", "node", "web", "cli")
GROUND = ("errors", "core", "core.limits", "core.ids", "core.encoding", "core.ports")
FLOORS: tuple[tuple[str, ...], ...] = (
    GROUND,
    ("core.records.versions",),
    ("core.records.forms", "core.records.history"),
    ("core.records.states",),
    ("core.records.writing",),
    ("core.records", "core.reconcile"),
    ("core.trust",),
    ("core.pairing",),
    ("core.wire",),
    ("core.session",),
    ("store",),
    ("eden", "net", "standin"),
    ("node.parts",),
    ("node.records", "node.meeting", "node.accounts"),
    ("node.pairing", "node.delivery", "node.deletion", "node.stewardship"),
    ("node",),
    ("",),
    ("web.visiting", "web.texts", "web.jobs"),
    ("web.api", "web.doors"),
    ("web.pages",),
    ("web",),
    ("cli.drawing",),
    ("cli.reaching",),
    ("cli.dialogues",),
    ("cli.commands",),
    ("cli",),
    ("demo",),
    ("__main__",),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def suite_of(room: str) -> str | None:
    """The suite whose inner room this is: "node" for "node.parts"; None for a room that stands alone."""
    return next((suite for suite in SUITES if room.startswith(f"{suite}.")), None)


def room_of(module: str) -> str:
    """The room a module of the package belongs to: "core.trust" for edenmesh.core.trust.seal.

    A module that stands in a suite itself, beside its inner rooms, belongs to the suite.
    """
    parts = module.split(".")[1:]
    suite = suite_of(".".join(parts))
    if suite is None:
        return ".".join(parts[:2] if parts[:1] == ["core"] else parts[:1])
    depth = suite.count(".") + 2
    inner = ".".join(parts[:depth])
    return inner if len(parts) > depth or inner in FLOOR_OF else suite


def check_floors(root: Path) -> Report:
    """Every room has a floor, and every import goes down or stays in its room."""
    report = Report()
    modules = read_modules(root, "src")
    names = {module.name for module in modules}
    for module in modules:
        report.seen += 1
        room = room_of(module.name)
        if room not in FLOOR_OF:
            report.complain(module.place(), f"room {room!r} has no floor; give it one in tests/house/checks/floors.py")
            continue
        for found, target in _house_imports(module, names):
            reason = _forbidden(room, room_of(target))
            if reason is not None:
                report.complain(module.place(found.node), f"{room or PACKAGE} imports {target}: {reason}")
    for cycle in _cycles(modules, names):
        report.complain(PACKAGE, f"modules import each other in a circle: {' > '.join(cycle)}")
    return report


def _forbidden(room: str, target: str) -> str | None:
    if room == target or (room in GROUND and target in GROUND):
        return None
    if room == "standin":
        return "the stand-in server knows nothing of edenmesh"
    if target == "standin" and room != "demo":
        return "only the demo and the tests run the stand-in server"
    if target not in FLOOR_OF:
        return "that room has no floor"
    if FLOOR_OF[target] > FLOOR_OF[room]:
        return "that is upwards"
    if FLOOR_OF[target] == FLOOR_OF[room]:
        return "rooms on one floor have no door between them"
    return None


def _house_imports(module: Module, names: set[str]) -> Iterator[tuple[Import, str]]:
    for found in imports_of(module):
        if found.target.split(".")[0] == PACKAGE:
            yield found, found.dotted if found.dotted in names else found.target


def _cycles(modules: Iterable[Module], names: set[str]) -> Iterator[list[str]]:
    graph = {module.name: {target for _, target in _house_imports(module, names)} for module in modules}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield [str(name) for name in error.args[1]]
