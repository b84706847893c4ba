"""Words: one word for one thing, the one of docs/glossary.md, in names and in what people read.

The rooms that speak Sahana Eden's own language (eden/, standin/, the demo's data) keep its words; docs/glossary.md and
the decisions may name what others call a thing.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.checks import Report, read_modules

# Words that say nothing: what does it do?
EMPTY = {
    "manager": "name what it does",
    "mgr": "name what it does",
    "handler": "name what it does",
    "helper": "name what it does",
    "helpers": "name what it does",
    "util": "name what it does",
    "utils": "name what it does",
    "utilities": "name what it does",
    "info": "name what it tells",
    "misc": "give each thing its place",
    "stuff": "name the thing",
    "impl": "name what it is",
    "cfg": "config",
}

# Words of other houses, and ours for the same thing.
FOREIGN = {
    "tombstone": "retract (a version), stub (after an erase)",
    "tombstones": "retract (a version), stub (after an erase)",
    "replica": "device, or held",
    "replicas": "devices",
    "clobber": "supersede",
    "sneakernet": "bundle",
    "revision": "version",
    "revisions": "versions",
    "workspace": "mesh",
    "whitelist": "allowed",
    "blacklist": "blocked",
    "admin": "steward",
    "contact": "peer",
    "contacts": "peers",
    "completeness": "tally",
    "namespace": "area",
    "tip": "head",
    "tips": "heads",
}
OWN_TONGUE = ("src/edenmesh/eden/", "src/edenmesh/standin/", "src/edenmesh/demo/")
# Names that stand for something of the world outside and keep its word, by file.
EXCEPTIONS: dict[str, set[str]] = {}

FOREIGN_IN_PROSE = ("tombstone", "replica", "sneakernet", "anti-entropy", "clobber", "whitelist", "blacklist")
PROSE_EXCEPTIONS = ("docs/glossary.md", "docs/decisions/", "CHANGELOG.md")


def check_names(root: Path) -> Report:
    """No definition has an empty word or a foreign one in its name."""
    report = Report()
    for module in read_modules(root, "src", "tools", "bench", "sim"):
        place = module.path.relative_to(root).as_posix()
        allowed = EXCEPTIONS.get(place, set())
        foreign = {} if place.startswith(OWN_TONGUE) else FOREIGN
        if module.path.stem.startswith("_") and not module.path.stem.startswith("__"):
            report.complain(module.place(), "no underscored file names; __all__ and the door say what is public")
        for node, name in _defined(module.tree, module.path.stem):
            report.seen += 1
            for word in split_words(name):
                better = {**EMPTY, **foreign}.get(word)
                if better is not None and word not in allowed:
                    report.complain(module.place(node), f"{name}: not {word!r} but: {better}")
    return report


def check_prose(root: Path) -> Report:
    """The pages people read use our words too."""
    report = Report()
    pattern = re.compile(rf"\b({'|'.join(FOREIGN_IN_PROSE)})s?\b", re.IGNORECASE)
    for path in [*sorted(root.glob("*.md")), *sorted((root / "docs").rglob("*.md"))]:
        place = path.relative_to(root).as_posix()
        if place.startswith(PROSE_EXCEPTIONS):
            continue
        report.seen += 1
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for match in pattern.finditer(line):
                report.complain(f"{place}:{number}", f"{match[0]!r} is another house's word; see docs/glossary.md")
    return report


def split_words(name: str) -> list[str]:
    """The words of a name: "peerHTTPInfo_v2" is peer, http, info, v2."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)]


def _defined(tree: ast.Module, stem: str) -> Iterator[tuple[ast.AST, str]]:
    """Every name a module gives: its own, classes, functions, parameters, variables, fields."""
    yield tree, stem
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, node.name
        elif isinstance(node, ast.arg):
            yield node, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node, node.attr
