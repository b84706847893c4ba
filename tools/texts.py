"""The texts of the screens: gathered from sources and templates into a template for translators, and compiled.

`python -m tools.texts` writes src/edenmesh/web/texts/edenmesh.pot and makes a compiled catalogue (.mo) beside each
translation in src/edenmesh/web/texts/locale/LANGUAGE/LC_MESSAGES/edenmesh.po. A message is what stands in a call of
`_`, `texts`, `mark` or, with its plural, of `plural`; by attribute, too, as in `visit.texts("…")`.
"""

import ast
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

import jinja2
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import nodes

from tools.environment import ROOT

WEB = ROOT / "src" / "edenmesh" / "web"
TEMPLATE = WEB / "texts" / "edenmesh.pot"
LOCALE = WEB / "texts" / "locale"
SINGLE = frozenset(("_", "texts", "_texts", "mark"))
PLURAL = "plural"
Message = str | tuple[str, str]


def catalogue(root: Path = WEB) -> Catalog:
    """All messages with where they stand."""
    found = Catalog(project="edenmesh", copyright_holder="The edenmesh authors", fuzzy=False)
    found.header_comment = "# Texts of edenmesh's screens.\n# This file is written by `make texts` from the code."
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.html")]):
        place = path.relative_to(root).as_posix()
        messages = in_python(path.read_text()) if path.suffix == ".py" else in_template(path.read_text())
        for line, message in messages:
            found.add(message, locations=[(place, line)], flags=_flags(message))
    return found


def in_python(source: str) -> Iterator[tuple[int, Message]]:
    """Messages in a module, with their lines."""
    calls = [one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Call)]
    for call in sorted(calls, key=lambda one: (one.lineno, one.col_offset)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        given = [one.value for one in call.args[:2] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        yield from _message(name, given, call.lineno)


def in_template(source: str) -> Iterator[tuple[int, Message]]:
    """Messages in a template, with their lines."""
    for call in jinja2.Environment(autoescape=True).parse(source).find_all(nodes.Call):
        name = call.node.attr if isinstance(call.node, nodes.Getattr) else getattr(call.node, "name", "")
        given = [one.value for one in call.args[:2] if isinstance(one, nodes.Const) and isinstance(one.value, str)]
        yield from _message(name, given, call.lineno)


def template(found: Catalog) -> bytes:
    """The file for translators; the same texts give the same bytes."""
    written = BytesIO()
    write_po(written, found, width=110, sort_output=True, include_lineno=False, omit_header=True)
    head = f'{found.header_comment}\nmsgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    return head.encode() + written.getvalue()


def compile_all(folder: Path = LOCALE) -> int:
    """Compile each translation. Returns how many there are."""
    paths = sorted(folder.glob("*/LC_MESSAGES/*.po"))
    for path in paths:
        with path.open("rb") as source:
            translated = read_po(source, locale=path.parent.parent.name)
        with path.with_suffix(".mo").open("wb") as target:
            write_mo(target, translated)
    return len(paths)


def _message(name: str, given: list[str], line: int) -> Iterable[tuple[int, Message]]:
    if name in SINGLE and given:
        return [(line, given[0])]
    return [(line, (given[0], given[1]))] if name == PLURAL and len(given) == 2 else []


def _flags(message: Message) -> list[str]:
    texts = (message,) if isinstance(message, str) else message
    return ["python-format"] if any("%(" in one for one in texts) else []


if __name__ == "__main__":
    TEMPLATE.write_bytes(template(catalogue()))
    compile_all()
