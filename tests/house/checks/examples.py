"""Examples in pages are true: worked bytes equal the golden ones, files that are named exist, commands can be typed.

A worked example is a block of bytes in hexadecimal, with words behind a semicolon where they help, that says which
golden value it is:

    ```hex tests/vectors/seals.json#/seals/0/root
    d4cd923c...   ; the root of one leaf
    ```

What stands behind `#` is a JSON pointer (RFC 6901). With `sha256` behind it, the golden value is the hash of the bytes.
A block of `frames` in place of `hex` tells a golden session: a line for each frame, who sends it and its kind.
"""

import json
import re
import shlex
from collections.abc import Mapping, Set
from hashlib import sha256
from pathlib import Path

from tests.house.checks import Report
from tests.house.checks.docs import FENCE

WORKED = re.compile(r"^```(hex|frames) (\S+)#(/[^\n]*?)( sha256)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`([\w./-]+/[\w.-]+\.(?:py|json|txt|sql|md|toml)|(?:tests|tools|src|examples|docs)/[\w./-]+)`")
SOURCES = ("", "src/edenmesh")


def check_worked_examples(root: Path) -> Report:
    """Every worked example in docs/ is the golden value it names."""
    report = Report()
    for path in sorted((root / "docs").rglob("*.md")):
        for match in WORKED.finditer(path.read_text()):
            report.seen += 1
            kind, file, pointer, is_hashed, text = match.groups()
            place = f"{path.relative_to(root)}: {file}#{pointer}"
            try:
                golden = _at(json.loads((root / file).read_text()), pointer)
                given = _frames(text) if kind == "frames" else _bytes(text, is_hashed=bool(is_hashed))
            except (LookupError, OSError, ValueError) as error:
                report.complain(place, f"cannot be compared: {error!r}")
                continue
            if given != golden:
                report.complain(place, f"the page says {given[:24]}..., the file {golden[:24]}...")
    return report


def check_named_files(root: Path) -> Report:
    """Every file or folder of ours that a page names in backticks exists."""
    report = Report()
    for path in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        for match in NAMED.finditer(FENCE.sub("", path.read_text()) if path.exists() else ""):
            report.seen += 1
            if not any((root / source / match[1]).exists() for source in SOURCES):
                report.complain(path.relative_to(root), f"names {match[1]}, which is not there")
    return report


def check_commands(root: Path, options: Mapping[str, Set[str]]) -> Report:
    """Every command in the shell blocks of pages exists, with its options; `options` has them by command."""
    report = Report()
    for path in [root / "README.md", *sorted((root / "docs").glob("*.md"))]:
        for match in FENCE.finditer(path.read_text() if path.exists() else ""):
            lines = match[2].splitlines() if match[1] in ("sh", "shell", "bash") else []
            for line in lines:
                words = shlex.split(line, comments=True)
                if words[:1] == ["edenmesh"]:
                    report.seen += 1
                    problem = _problem(words, options)
                    if problem:
                        report.complain(path.relative_to(root), f"{line.strip()}: {problem}")
    return report


def _problem(words: list[str], options: Mapping[str, Set[str]]) -> str:
    command = words[0]
    while len(words) > 1 and f"{command} {words[1]}" in options:
        command = f"{command} {words.pop(1)}"
    if any(other.startswith(f"{command} ") for other in options):
        return f"{command} wants the name of a command"
    unknown = [word for word in words[1:] if word.startswith("-") and word not in options[command] | {"--help"}]
    return f"{command} has no {unknown[0]}" if unknown else ""


def _bytes(text: str, *, is_hashed: bool) -> str:
    data = bytes.fromhex("".join(line.partition(";")[0] for line in text.splitlines()))
    return sha256(data).hexdigest() if is_hashed else data.hex()


def _frames(text: str) -> str:
    return "\n".join(line.partition(";")[0].strip() for line in text.splitlines())


def _at(value: object, pointer: str) -> str:
    for raw in pointer.split("/")[1:]:
        step = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value[step]
        elif isinstance(value, list):
            value = value[int(step)]
        else:
            raise LookupError(step)
    if isinstance(value, list):
        return "\n".join(f"{frame['from']} {frame['kind']}" for frame in value)
    if not isinstance(value, str):
        raise LookupError(pointer)
    return value
