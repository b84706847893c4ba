"""Sizes: a file fits a sitting, a function fits a screen, and a call can be read without counting commas."""

import ast
from pathlib import Path

from tests.house.checks import Report, read_modules

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
POSITIONAL_MAX = 5


def check_sizes(root: Path) -> Report:
    """No file, function or list of positional parameters is too long."""
    report = Report()
    for module in read_modules(root, "src", "tests", "tools", "bench", "sim"):
        report.seen += 1
        if module.lines > FILE_LINES_MAX:
            report.complain(
                module.place(), f"{module.lines} lines; at most {FILE_LINES_MAX}: which second idea moves out?"
            )
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                report.complain(module.place(node), f"{node.name} has {lines} lines; at most {FUNCTION_LINES_MAX}")
            positional = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
            count = len([name for name in positional if name not in ("self", "cls")])
            if count > POSITIONAL_MAX:
                report.complain(
                    module.place(node), f"{node.name} has {count} positional parameters; put `*` after {POSITIONAL_MAX}"
                )
    return report
