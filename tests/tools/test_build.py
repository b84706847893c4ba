"""Building: the same bytes from the same sources, by whoever has them, and texts compiled on the way."""

import gettext
import shutil
import tarfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder

from tools.build import build

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "Data"
msgstr "Daten"

#, fuzzy
msgid "Peers"
msgstr "a guess that nobody has looked at"
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    sdist, wheel = build(tmp_path_factory.mktemp("dist"))
    return sdist, wheel


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the build reads, and the package with one module in it."""
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore", "tools/catalogues.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    package = tmp_path / "src" / "edenmesh"
    package.mkdir(parents=True)
    shutil.copy(ROOT / "src/edenmesh/__init__.py", package)
    return tmp_path


def wheel_of(checkout: Path) -> Path:
    [wheel] = WheelBuilder(str(checkout)).build(directory=str(checkout / "dist"), versions=["standard"])
    return Path(wheel)


def test_the_sdist_alone_gives_the_same_wheel_again(
    built: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdist, wheel = built
    with tarfile.open(sdist) as archive:
        [epoch] = {member.mtime for member in archive}
        names = {name.partition("/")[2] for name in archive.getnames()}
        archive.extractall(tmp_path, filter="data")
    assert {"Makefile", "requirements/runtime.txt", "tools/catalogues.py", "docs/start.md"} <= names
    [unpacked] = tmp_path.iterdir()
    for path in unpacked.rglob("*.html"):
        path.touch()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(epoch)))
    again = wheel_of(unpacked)
    assert again.name == wheel.name
    assert sha256(again.read_bytes()).digest() == sha256(wheel.read_bytes()).digest()


def test_a_catalogue_is_compiled_into_the_wheel_and_nowhere_else(checkout: Path) -> None:
    folder = checkout / "src/edenmesh/web/texts/locale/de/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "edenmesh.po").write_text(CATALOGUE)
    with ZipFile(wheel_of(checkout)) as wheel:
        assert not [name for name in wheel.namelist() if name.endswith(".po")]
        compiled = wheel.read("edenmesh/web/texts/locale/de/LC_MESSAGES/edenmesh.mo")
    texts = gettext.GNUTranslations(BytesIO(compiled))
    assert (texts.gettext("Data"), texts.gettext("Peers")) == ("Daten", "Peers")
    assert [path.name for path in folder.iterdir()] == ["edenmesh.po"]


def test_without_a_catalogue_there_is_none(checkout: Path) -> None:
    with ZipFile(wheel_of(checkout)) as wheel:
        assert "edenmesh/__init__.py" in wheel.namelist()
        assert not [name for name in wheel.namelist() if name.endswith(".mo")]
