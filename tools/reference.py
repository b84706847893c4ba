"""Write pages of docs/ from the code: on every error, every command, every limit and every operation of the API.

The house tests compare the pages with what this module says, so a page can be late for one commit only.
"""

import ast
import importlib.util
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from edenmesh import errors
from edenmesh.core import limits
from edenmesh.web.api import operations
from edenmesh.web.api.openapi import Error
from edenmesh.web.api.operation import BYTES
from edenmesh.web.api.schemas import PLACE, Schemas
from tools.environment import ROOT

WIDTH = 100
WRITTEN = "This page is written by `make docs` from the code."


def pages() -> dict[str, str]:
    """Each page by its place in the repository."""
    found = {"docs/reference/errors.md": errors_page(), "docs/protocol/limits.md": limits_page()}
    found["docs/reference/api.md"] = api_page()
    group = command_group()
    if group is not None:
        found["docs/reference/cli.md"] = cli_page(group)
    return found


def errors_page() -> str:
    """What can go wrong, what is kept, and what to do."""
    lines = ["# Errors", "", WRITTEN, ""]
    lines += ["Each error says what happened; where it knows nothing better, it also says the following.", ""]
    classes = [vars(errors)[name] for name in vars(errors) if name in errors.__all__]
    for error in classes:
        parent = error.__mro__[1].__name__
        lines += [f"## {error.__name__}", "", (error.__doc__ or "").strip(), ""]
        lines += [f"- a kind of: `{parent}`", f"- kept: {error.kept}", f"- to do: {error.do}", ""]
    return "\n".join(lines)


def limits_page() -> str:
    """Every bound on what a stranger may send, with its reason, read from the one module that has them."""
    source = Path(limits.__file__).read_text()
    lines = ["# Limits", "", WRITTEN, "", "| bound | value | of what, and why |", "|---|---:|---|"]
    nodes = ast.parse(source).body
    for node, after in pairwise(nodes):
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)):
            continue
        value = getattr(limits, node.target.id)
        said = after.value if isinstance(after, ast.Expr) else None
        text = " ".join(str(said.value).split()) if isinstance(said, ast.Constant) else ""
        lines.append(f"| `{node.target.id}` | {value:,} | {text} |")
    return "\n".join([*lines, ""])


def api_page() -> str:
    """Every operation of the local API, and every type it takes or answers."""
    schemas = Schemas()

    def words(kind: object) -> str:
        return _words(schemas.of(kind))

    lines = ["# Local API", "", WRITTEN, ""]
    lines += ["A running device serves it on its socket, on loopback and to phones that were let in; the last"]
    lines += [
        "operation below describes all of them in OpenAPI 3.1. A body is JSON unless it is said otherwise. What was"
    ]
    lines += [
        f"not done is answered by an {words(Error)}. A right contains those before it: LOOK, FILL, DECIDE, RUN.",
        "",
    ]
    for one in operations():
        lines += [f"## {one.method} {one.path}", "", one.summary, "", f"- right: {one.right.name}"]
        lines += [f"- {part}: {words(asked)}" for part, asked in (("query", one.query), ("body", one.body)) if asked]
        lines += ["- body: the content as it is"] if one.takes_content else []
        answered = f"{'lines of ' if one.is_stream else ''}{words(one.answer)}"
        lines += [f"- answer: {one.status}, {f'`{one.media}`' if one.media == BYTES else answered}", ""]
    lines += ["## Types", ""]
    for name, schema in sorted(schemas.named.items()):
        lines += [f"### {name}", "", *_fields(schema)]
    return "\n".join(lines)


def _fields(schema: dict[str, Any]) -> Iterator[str]:
    """The description of a type, and a line for each of its fields."""
    yield from (*schema.get("description", "").splitlines(), "")
    for field, kind in schema["properties"].items():
        yield f"- `{field}`{'' if field in schema.get('required', ()) else ' (may be left out)'}: {_words(kind)}"
    if schema["properties"]:
        yield ""


def _words(schema: dict[str, Any]) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(PLACE)
        return f"[{name}](#{name.lower()})"
    if "enum" in schema:
        return " or ".join(f"`{one}`" for one in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(map(_words, schema["anyOf"]))
    if "prefixItems" in schema:
        return f"({', '.join(map(_words, schema['prefixItems']))})"
    if "items" in schema:
        return f"list of {_words(schema['items'])}"
    if "additionalProperties" in schema:
        return f"by name: {_words(schema['additionalProperties'])}"
    bounds = ", ".join(f"{name} {schema[name]}" for name in ("minimum", "maximum") if name in schema)
    return f"{schema.get('type', 'any JSON')}{f' ({bounds})' if bounds else ''}"


def command_group() -> click.Group | None:
    """The commands of `edenmesh`; None while there is no command line."""
    if importlib.util.find_spec("edenmesh.cli") is None:
        return None
    groups = [value for value in vars(import_module("edenmesh.cli")).values() if isinstance(value, click.Group)]
    if not groups:
        raise LookupError("edenmesh.cli names no click.Group, so its commands cannot be documented")
    return groups[0]


def cli_page(group: click.Group) -> str:
    """Every command with its help text."""
    lines = ["# Commands", "", WRITTEN, ""]
    for path, command in commands(group, "edenmesh"):
        context = click.Context(command, info_name=path, terminal_width=WIDTH, max_content_width=WIDTH)
        lines += [f"## {path}", "", "```text", command.get_help(context), "```", ""]
    return "\n".join(lines)


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """A command and all below it, each with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from commands(command.commands[name], f"{path} {name}")


def main() -> int:
    """Write all pages."""
    for place, text in pages().items():
        path = ROOT / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(place)
    return 0


if __name__ == "__main__":
    sys.exit(main())
