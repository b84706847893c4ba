"""The page of rules names for each rule the tests that show it: tests that are there, each rule once, in order."""

import ast
import re
from pathlib import Path

from tests.house.checks import Report

PAGE = "docs/rules.md"

_ROW = re.compile(r"^\| (\d+\.\d+)\.(\d+) \| (.+?) \| *(.*?) *\|$", re.MULTILINE)
_SECTION = re.compile(r"^## (\d+\.\d+) ", re.MULTILINE)
_TEST = re.compile(r"`([\w/.]+\.py)::(\w+)`")


def check_rules(root: Path) -> Report:
    """Every rule of the page is numbered in its section's order and shown by tests that exist."""
    report = Report()
    text = (root / PAGE).read_text()
    counts = dict.fromkeys(_SECTION.findall(text), 0)
    for section, number, _, shown_by in _ROW.findall(text):
        report.seen += 1
        place = f"{PAGE}: rule {section}.{number}"
        if section not in counts:
            report.complain(place, "stands under no heading")
        elif int(number) != counts[section] + 1:
            report.complain(place, f"comes after rule {section}.{counts[section]}")
        counts[section] = int(number)
        tests = _TEST.findall(shown_by)
        if not tests or _TEST.sub("", shown_by).strip():
            report.complain(place, "names no test, or something that is none")
        for file, name in tests:
            if name not in _tests_in(root / file):
                report.complain(place, f"there is no {file}::{name}")
    for section, count in counts.items():
        if not count:
            report.complain(f"{PAGE}: section {section}", "has no rules")
    return report


def _tests_in(path: Path) -> set[str]:
    if not path.exists():
        return set()
    tree = ast.parse(path.read_text())
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name for node in functions if node.name.startswith("test_")}
