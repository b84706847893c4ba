"""Purity: what each room may touch of the world outside.

The core is pure by a list of what it may import, so that what nobody thought of is refused too. The wall clock and
randomness are read at the edges and handed in. SQL, TLS, the terminal and the words of S3JSON each have one home.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.checks import PACKAGE, Module, Report, imports_of, read_modules

# fmt: off
CORE_MAY_IMPORT = frozenset({
    "__future__", "abc", "base64", "binascii", "bisect", "collections", "collections.abc",
    "dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "hashlib",
    "heapq", "hmac", "ipaddress", "itertools", "json", "math", "operator",
    "re", "string", "struct", "types", "typing", "unicodedata", "urllib.parse",
    "uuid", "zlib", "cryptography", "msgspec",
})
# fmt: on

CLOCK: tuple[str, ...] = ("time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime", "time.asctime")
CLOCK += ("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today")
CHANCE = ("random.", "secrets.", "os.urandom", "os.getrandom", "uuid.uuid1", "uuid.uuid4")
KEY_GENERATION = re.compile(r"cryptography\.(.+\.)?\w*(PrivateKey|AESGCM|ChaCha20Poly1305|Fernet)\.generate(_key)?")

# Where the world is read: one device put together, the loop that drives a channel, the two programs for people, and
# the edge of the stand-in, which is a server of its own.
EDGES = ("node/", "net/driver.py", "cli/", "demo/", "standin/server.py")

HOMES = {
    "apsw": ("store/",),
    "sqlite3": (),
    "OpenSSL": ("net/",),
    "ssl": ("net/", "eden/", "web/doors/"),
    "zeroconf": ("net/",),
    "click": ("cli/", "demo/", "standin/"),
    "rich": ("cli/", "demo/"),
    "segno": ("cli/", "web/", "demo/"),
}

SQL = re.compile(
    r"\s*(SELECT\s+\S|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|PRAGMA\s+\w"
    r"|(CREATE|ALTER|DROP)\s+(UNIQUE\s+|TEMP\s+)?(TABLE|INDEX|VIEW|TRIGGER)\s|BEGIN\s+IMMEDIATE|ATTACH\s+)"
)
S3JSON = re.compile(r"\$(k?_)\w*|@(uuid|modified_on|created_on|deleted|value|url|resource|tuid|mci)")


def check_purity(root: Path) -> Report:
    """Each room touches only what is its own."""
    report = Report()
    for module in read_modules(root, "src"):
        report.seen += 1
        place = module.path.relative_to(root / "src" / PACKAGE).as_posix()
        _check_imports(module, place, report)
        if not place.startswith(EDGES):
            _check_calls(module, report)
        if not place.startswith(("cli/", "demo/")):
            _check_print(module, report)
        for node, text in _strings(module):
            if SQL.match(text) and not place.startswith("store/"):
                report.complain(module.place(node), "SQL stands in store/ only")
            if S3JSON.fullmatch(text) and not place.startswith(("eden/", "standin/", "demo/")):
                report.complain(module.place(node), f"{text!r} is a word of S3JSON, which eden/ alone speaks")
    return report


def _check_imports(module: Module, place: str, report: Report) -> None:
    for found in imports_of(module):
        top = found.target.split(".")[0]
        if top in HOMES and not place.startswith(HOMES[top]):
            report.complain(module.place(found.node), f"{top} is used in {', '.join(HOMES[top]) or 'no room'} only")
        pure = (
            top == PACKAGE
            or top in CORE_MAY_IMPORT
            or found.dotted in CORE_MAY_IMPORT
            or found.target in CORE_MAY_IMPORT
        )
        if place.startswith("core/") and not pure:
            report.complain(module.place(found.node), f"core/ may not import {found.target}: have it handed in")
    if place == "errors.py" and any(True for _ in imports_of(module)):
        report.complain(module.place(), "errors.py imports nothing")


def _check_calls(module: Module, report: Report) -> None:
    meanings = _imported_names(module)
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Attribute | ast.Name):
            continue
        name = _full_name(node, meanings)
        if name in CLOCK:
            report.complain(module.place(node), f"{name} reads the clock; take the time as the last argument, `now`")
        elif name.startswith(CHANCE) or KEY_GENERATION.fullmatch(name):
            report.complain(module.place(node), f"{name} draws from chance; take it from the `Entropy` port")
        elif name in ("importlib.import_module", "__import__"):
            report.complain(module.place(node), f"{name} hides an import from this house's tests")


def _check_print(module: Module, report: Report) -> None:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            report.complain(module.place(node), "print stands in cli/ and demo/ only; return a value instead")


def _imported_names(module: Module) -> dict[str, str]:
    """What each imported local name means: {"now_of": "datetime.datetime"}."""
    meanings = {"__import__": "__import__"}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                meanings[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                meanings[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return meanings


def _full_name(node: ast.expr, meanings: dict[str, str]) -> str:
    """The dotted meaning of `a.b.c` where `a` was imported; empty for anything else."""
    if isinstance(node, ast.Name):
        return meanings.get(node.id, "")
    if isinstance(node, ast.Attribute):
        base = _full_name(node.value, meanings)
        return f"{base}.{node.attr}" if base else ""
    return ""


def _strings(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """All string constants but docstrings; of an f-string, its constant pieces."""
    prose = {
        id(node.body[0].value)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node, node.value
