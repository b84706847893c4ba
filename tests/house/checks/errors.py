"""Errors: every one tells a person in whole sentences what happened, what was kept and what to do."""

import ast
import inspect
import re
from pathlib import Path
from types import ModuleType

from tests.house.checks import Module, Report, read_modules

SENTENCE = re.compile(r"[A-Z`\"'{].*[.?!]", re.DOTALL)
# A reader of bytes knows what is wrong but not with which: it says "it is too long", and who knows the subject puts
# "A form is not valid: " before it. What is filled in last brings its own end.
CLAUSE = re.compile(r"(it|its|an?|the|no) .+|[A-Z`\"'{].*: (\{\})+", re.DOTALL)
PARTS = ("what", "kept", "do")
INDENT = 2


def error_classes(errors: ModuleType) -> list[type[Exception]]:
    """The error classes a module defines, in its order."""
    found = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    return [error for error in found if error.__module__ == errors.__name__]


def check_error_classes(errors: ModuleType) -> Report:
    """Each class has a docstring, a whole text, its name in `__all__`, and its place in the drawn tree."""
    report = Report()
    public = set(getattr(errors, "__all__", ()))
    classes = error_classes(errors)
    for error in classes:
        report.seen += 1
        if not (error.__doc__ or "").strip():
            report.complain(error.__name__, "has no docstring")
        if error.__name__ not in public:
            report.complain(error.__name__, "is missing from __all__")
        made = error("The kettle is cold.")
        for part in PARTS:
            text = getattr(made, part, None)
            if not isinstance(text, str) or not SENTENCE.fullmatch(text):
                report.complain(error.__name__, f"its `{part}` is not a whole sentence: {text!r}")
            elif text not in str(made):
                report.complain(error.__name__, f"its text leaves out `{part}`")
    for name in sorted(public - {error.__name__ for error in classes}):
        report.complain(name, "stands in __all__ and is no error class")
    drawn, real = _drawn_tree(errors), {error.__name__: error.__mro__[1].__name__ for error in classes}
    for name in sorted(drawn.keys() | real.keys()):
        if drawn.get(name) != real.get(name):
            report.complain(
                name, f"the tree in the docstring puts it under {drawn.get(name)}, the code under {real.get(name)}"
            )
    return report


def check_raised_texts(root: Path) -> Report:
    """Where an error is raised, what is said in plain text is a whole sentence, or the clause that completes one."""
    report = Report()
    modules = read_modules(root, "src")
    names = {
        node.name
        for module in modules
        if module.path.name == "errors.py"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
    }
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                report.seen += 1
                _check_call(module, node, report)
    return report


def _check_call(module: Module, call: ast.Call, report: Report) -> None:
    parts = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg in PARTS}
    if call.args:
        parts["what"] = call.args[0]
    for part, value in parts.items():
        text = _shape(value)
        whole = text is None or SENTENCE.fullmatch(text) or (part == "what" and CLAUSE.fullmatch(text))
        if text is not None and not whole:
            report.complain(module.place(value), f"`{part}` is not a whole sentence: {text!r}")


def _shape(value: ast.expr) -> str | None:
    """The text of a constant or f-string with `{}` for what is filled in; None where it is not written here."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    if isinstance(value, ast.JoinedStr):
        return "".join(str(piece.value) if isinstance(piece, ast.Constant) else "{}" for piece in value.values)
    return None


def _drawn_tree(errors: ModuleType) -> dict[str, str]:
    """Child to parent, read from the indented tree in the module's docstring."""
    lines = inspect.getdoc(errors) or ""
    parents: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in lines.splitlines():
        match = re.match(r"( {4,})([A-Z]\w+)(\s{2,}|$)", line)
        if match is None:
            continue
        depth, name = len(match[1]) // INDENT, match[2]
        above = [(level, known) for level, known in above if level < depth]
        parents[name] = above[-1][1] if above else "Exception"
        above.append((depth, name))
    return parents
