"""Values as people type them: FIELD=TEXT, FIELD=@PATH for a file, FIELD:=JSON for what text cannot say."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edenmesh.cli.reaching.client import Client
from edenmesh.errors import UsageError
from edenmesh.node import Json

WAYS: Final = (
    "A value is FIELD=TEXT; FIELD= empties the field; FIELD=@PATH attaches a file (FIELD=@@TEXT for text that begins "
    "with @); a reference is FIELD=TABLE/UUID; FIELD:=JSON says lists, numbers and references as JSON."
)


async def read_values(device: Client, given: Sequence[str]) -> dict[str, Json]:
    """Values by field; files are kept on the device first. Raises UsageError where one is not of that form."""
    values: dict[str, Json] = {}
    for one in given:
        name, equals, text = one.partition("=")
        is_json = name.endswith(":")
        name = name.removesuffix(":")
        if not equals or not name:
            raise UsageError(what=f"{one!r} is not of the form FIELD=VALUE.", do=WAYS)
        if name in values:
            raise UsageError(what=f"The field {name} is given twice.", do="Give each field one value.")
        values[name] = _json(name, text) if is_json else await _value(device, text)
    return values


def read_content(path: Path) -> bytes:
    """What a file holds. Raises UsageError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            what=f"The file {path} cannot be read: {error.strerror}.", do="Name a file that you may read."
        ) from error


async def keep_file(device: Client, path: Path) -> Json:
    """Put a file into the device's store; the answer names it."""
    return (await device.post("/api/files", read_content(path), query={"label": path.name})).value


async def _value(device: Client, text: str) -> Json:
    if text.startswith("@@"):
        return text[1:]
    if text.startswith("@"):
        return await keep_file(device, Path(text[1:]))
    return text or None


def _json(name: str, text: str) -> Json:
    try:
        value: Json = json.loads(text)
    except ValueError as error:
        raise UsageError(what=f"The value of {name} is not JSON: {error}.", do=WAYS) from error
    return value
