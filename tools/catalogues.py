"""The build's one step beside copying: compile the catalogues of texts into the wheel.

A catalogue is written as text (`.po`), the running device reads it compiled (`.mo`), and what is compiled stands in no
commit. hatchling calls this while it builds a wheel, from a checkout and from an unpacked sdist alike.
"""

import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LOCALE = Path("src/edenmesh/web/texts/locale")
PLACE = "edenmesh/web/texts/locale"


class CataloguesHook(BuildHookInterface[Any]):
    """Compiles each `.po` and puts it into the wheel where the device looks for it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile into a folder that lives as long as the build."""
        self._folder = tempfile.TemporaryDirectory(prefix="edenmesh-catalogues-")
        locale = Path(self.root) / LOCALE
        for catalogue in sorted(locale.glob("*/LC_MESSAGES/*.po")):
            place = catalogue.relative_to(locale).with_suffix(".mo")
            compiled = Path(self._folder.name) / place
            compile_catalogue(catalogue, compiled)
            build_data["force_include"][str(compiled)] = f"{PLACE}/{place.as_posix()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the folder."""
        self._folder.cleanup()


def compile_catalogue(catalogue: Path, compiled: Path) -> None:
    """Compile one catalogue; what is marked as fuzzy, a guess that nobody has looked at, is left out."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - a build without catalogues needs no babel
    from babel.messages.pofile import read_po  # noqa: PLC0415

    with catalogue.open("rb") as source:
        texts = read_po(source, locale=catalogue.parent.parent.name)
    compiled.parent.mkdir(parents=True, exist_ok=True)
    with compiled.open("wb") as target:
        write_mo(target, texts)
