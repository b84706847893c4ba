"""The wheel: all that the package needs, and nothing else.

An installed device has no checkout beside it. A template, a style sheet, a schema or a list of words that stands in the
source and not in the wheel is missing only there, and late.
"""

from pathlib import Path, PurePosixPath
from zipfile import ZipFile

from hatchling.builders.wheel import WheelBuilder

from tests.house.checks import PACKAGE, Report

LEFT_OUT = (".pyc", ".po", ".pot", ".mo")
"""What stands in a source folder for others: compiled code, and catalogues, which the build compiles itself."""
METADATA = ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")


def check_wheel(root: Path, target: Path) -> Report:
    """Build the wheel of a checkout into a folder; it holds each file of the package once, the licence, no more."""
    report = Report()
    [built] = WheelBuilder(str(root)).build(directory=str(target), versions=["standard"])
    with ZipFile(built) as wheel:
        inside = [place for place in wheel.namelist() if not place.endswith("/")]
    source = root / "src"
    wanted = {
        path.relative_to(source).as_posix()
        for path in (source / PACKAGE).rglob("*")
        if path.is_file() and path.suffix not in LEFT_OUT
    }
    metadata = next(PurePosixPath(place).parent for place in inside if place.endswith(".dist-info/WHEEL"))
    wanted |= {f"{metadata}/{name}" for name in METADATA}
    compiled = {place for place in inside if place.endswith(".mo")}
    report.seen = len(wanted)
    for place in sorted(wanted - set(inside)):
        report.complain(place, "is not in the wheel; does .gitignore, or an exclude of pyproject.toml, name it?")
    for place in sorted(set(inside) - wanted - compiled):
        report.complain(place, "is in the wheel, and no part of the package")
    return report
