"""The rules of the house as functions over a folder, so that each can be seen to complain of a bad one.

A check takes the root of a checkout and returns a Report: how much it looked at, and a line for each thing that is
wrong, beginning with the place. It reads source text by `ast` and imports nothing of what it judges.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = "edenmesh"


@dataclass
class Report:
    """What a check saw and what it has to complain of."""

    seen: int = 0
    complaints: list[str] = field(default_factory=list)

    def complain(self, place: object, text: str) -> None:
        """Add a line: where, and what to do about it."""
        self.complaints.append(f"{place}: {text}")

    def prove(self, seen_min: int) -> None:
        """Fail with every complaint, or because too little was looked at for silence to mean anything."""
        assert not self.complaints, "\n".join(["the house complains:", *self.complaints])
        assert self.seen >= seen_min, f"looked at {self.seen} things only, expected {seen_min}"


@dataclass(frozen=True)
class Module:
    """One source file. `name` is dotted, "edenmesh.core.ids"; a package is named without its `__init__`."""

    path: Path
    root: Path
    name: str
    tree: ast.Module
    lines: int

    @property
    def is_package(self) -> bool:
        """Whether the file is the door of a package."""
        return self.path.name == "__init__.py"

    def place(self, node: ast.AST | None = None) -> str:
        """Where a node stands, as an editor understands it."""
        return f"{self.path.relative_to(self.root)}:{getattr(node, 'lineno', 1)}"


@dataclass(frozen=True)
class Import:
    """One name taken from another module: `target` is the module, `name` what was taken, or None for all of it."""

    target: str
    name: str | None
    node: ast.Import | ast.ImportFrom

    @property
    def dotted(self) -> str:
        """The longest name this import could mean."""
        return self.target if self.name is None else f"{self.target}.{self.name}"


def read_modules(root: Path, *folders: str) -> list[Module]:
    """All Python files below the given folders of a checkout, in order; a folder that is not there holds none."""
    modules = []
    for folder in folders:
        top = root / folder
        for path in sorted(top.rglob("*.py")):
            base = top if folder == "src" else root
            parts = path.relative_to(base).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            text = path.read_text()
            modules.append(Module(path, root, name, ast.parse(text, str(path)), len(text.splitlines())))
    return modules


def imports_of(module: Module) -> Iterator[Import]:
    """All imports of a module, wherever they stand, those for the type checker included."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, None, node)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            for alias in node.names:
                yield Import(node.module or "", alias.name, node)


def top_level_names(module: Module) -> set[str]:
    """The names a module binds at its top level."""
    names: set[str] = set()
    for node in ast.walk(ast.Module(_outside_of_definitions(module.tree.body), [])):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def _outside_of_definitions(body: list[ast.stmt]) -> list[ast.stmt]:
    hollow: list[ast.stmt] = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            hollow.append(ast.ClassDef(node.name, [], [], [ast.Pass()], []))
        else:
            hollow.append(node)
    return hollow


def declared_all(module: Module) -> list[str] | None:
    """The names in `__all__`, or None where a module declares none."""
    for node in module.tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            value = getattr(node, "value", None)
            return [str(name) for name in ast.literal_eval(value)] if value is not None else []
    return None
