"""The schema as a row of numbered scripts, each bringing a database from the one before to its own number.

All that are due are applied in one transaction together with the number, so a crash leaves the old schema or the new
one, never anything between. A script that was released is never changed; a new schema is a new script.
"""

from pathlib import Path
from typing import Final

from edenmesh.errors import StoreTooNew
from edenmesh.store.database import Link

SCHEMA: Final = Path(__file__).parent / "schema"


def migrate(link: Link, folder: Path = SCHEMA) -> int:
    """Bring the database up to date. Returns how many scripts were applied.

    Raises StoreTooNew where a newer program wrote it.
    """
    scripts = _scripts(folder)
    newest, present = max(scripts), link.schema_version
    if present > newest:
        raise StoreTooNew(what=f"This store has schema {present}; this edenmesh knows schemas up to {newest}.")
    due = [number for number in sorted(scripts) if number > present]
    if due:
        link.begin()
        try:
            for number in due:
                link.run_script(scripts[number].read_text())
            link.set_schema_version(newest)
            link.commit()
        except BaseException:
            link.roll_back()
            raise
    return len(due)


def _scripts(folder: Path) -> dict[int, Path]:
    return {int(path.name.partition("-")[0]): path for path in folder.glob("[0-9]*-*.sql")}
