"""Commands for files of records: import S3JSON, export S3JSON, CSV and GeoJSON."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from edenmesh.cli.drawing import counted
from edenmesh.cli.reaching import Answer, Call, ExitCode, command, keep_file, read_content
from edenmesh.errors import InvalidInput, UsageError
from edenmesh.node import ImportResult, Json

_PROBLEMS_SHOWN: Final = 20


@command(
    "import",
    click.argument("file", type=click.Path(path_type=Path)),
    click.option(
        "--files",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Where the photos and documents named in FILE are.",
    ),
    click.option("--update", is_flag=True, help="Let FILE change records that are here already."),
    click.option(
        "--from", "source", default="", metavar="NAME", help="FILE is what this destination gave out: what it held."
    ),
    examples=[
        "edenmesh import shelters.s3json",
        "edenmesh import incidents.json --files photos/ --update",
        "edenmesh import export-of-office.s3json --from office",
    ],
)
async def import_file(call: Call, *, file: Path, files: Path | None, update: bool, source: str) -> ExitCode:
    """Import the records in FILE, an S3JSON document.

    Without an option what FILE says stands beside what is here: where they differ, people decide. With --update FILE
    is an edit of yours; with --from it shows what a server held, as if it had been read there.

    What is here already writes nothing, so the same file may be imported again. A broken row is listed and costs no
    other; then it ends with 3. It ends with 4 where a record now stands twice under one uuid, with different values.
    """
    text = _text(read_content(file), file)
    found = _named_files(text, files) if files is not None else []
    async with call.device() as device:
        kept = {path.name: await keep_file(device, path) for path in found}
        answer = await device.post("/api/import", {"document": text, "files": kept, "update": update, "from": source})
    result = answer.read(ImportResult)
    if call.is_json:
        call.screen.write_json(answer.value)
    else:
        call.screen.say(
            f"{counted(result.rows, 'row')} read: {counted(result.written, 'change')} written, "
            f"{result.unchanged:,} here already, {counted(result.files, 'file')} kept."
        )
        if result.conflicts:
            call.screen.say(f"{result.conflicts:,} differ from what is here. See: edenmesh conflicts", style="yellow")
        for problem in result.problems[:_PROBLEMS_SHOWN]:
            call.screen.note(f"Not as it should be: {problem}")
        if result.problem_count > _PROBLEMS_SHOWN:
            call.screen.note(f"... and {result.problem_count - _PROBLEMS_SHOWN:,} more. See them with --json")
    if result.problem_count:
        return ExitCode.PARTLY
    return ExitCode.OPEN if result.conflicts else ExitCode.OK


@command(
    "export",
    click.option(
        "--format",
        "form",
        type=click.Choice(["s3json", "csv", "geojson"]),
        default="s3json",
        help="[default: s3json]",
    ),
    click.option("--table", "tables", multiple=True, metavar="TABLE", help="Only this table; may be repeated."),
    click.option(
        "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE. [default: the terminal]"
    ),
    examples=[
        "edenmesh export -o all.s3json",
        "edenmesh export --format csv --table cr_shelter -o shelters.csv",
        "edenmesh export --format geojson > map.geojson",
    ],
)
async def export(call: Call, form: str, tables: tuple[str, ...], output: Path | None) -> ExitCode:
    """Export records for servers, spreadsheets and maps.

    Deleted records are left out. Values that nobody has decided between are marked "undecided". FILE is written whole
    or not at all.
    """
    async with call.device() as device:
        answer = await device.get("/api/export", {"format": form, "table": tables})
    if output is not None:
        _write(output, answer.data)
        if call.is_json:
            undecided = int(answer.headers.get("Edenmesh-Undecided", "0"))
            call.screen.write_json({"file": str(output), "bytes": len(answer.data), "undecided": undecided})
        call.screen.say(f"Wrote {output}: {len(answer.data):,} bytes.")
    elif call.is_json:
        call.screen.write_json({"format": form, "content": answer.data.decode()})
    else:
        sys.stdout.buffer.write(answer.data)
        sys.stdout.buffer.flush()
    _warn(call, answer)
    return ExitCode.OK


def _warn(call: Call, answer: Answer) -> None:
    """Say that some of what was exported is provisional."""
    count = int(answer.headers.get("Edenmesh-Undecided", "0"))
    if count and not call.is_json:
        what = "record holds" if count == 1 else "records hold"
        call.screen.note(f'{count:,} {what} what nobody has decided yet, marked "undecided". See: edenmesh conflicts')


def _text(content: bytes, file: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(what=f"The file {file} is not UTF-8 text, so it is no S3JSON document.") from error


def _named_files(document: str, folder: Path) -> list[Path]:
    """Those files of a folder that the document names somewhere."""
    try:
        named = set(_texts(json.loads(document)))
        return [path for path in sorted(folder.iterdir()) if path.name in named and path.is_file()]
    except (ValueError, RecursionError):
        return []  # the import says what is wrong with the document
    except OSError as error:
        raise UsageError(what=f"The folder {folder} cannot be read: {error.strerror}.", do="Name another.") from error


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _write(path: Path, content: bytes) -> None:
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as draft:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
        Path(draft.name).replace(path)
    except OSError as error:
        raise UsageError(
            what=f"The file {path} cannot be written: {error.strerror}.", do="Name a file that you may write."
        ) from error
