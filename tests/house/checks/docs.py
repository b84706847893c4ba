"""Docs that cannot rot: links lead somewhere, code compiles, and nothing names the machine it was written on."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.checks import Report

NOT_OURS = {
    ".git",
    ".venv",
    "build",
    "dist",
    "__pycache__",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
}

# Written in pieces, so that this file is not the first to break its own rule.
REGISTRY_HOSTS = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "crates" + ".io")
MACHINE_PATHS = (
    "/wo" + "rk/main",
    "/wo" + "rk/shared",
    "/wo" + "rk/plan",
    "/tmp" + "/v/",
    "/op" + "t/pypi",
    "/op" + "t/wheels",
)

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)


def check_links(root: Path) -> Report:
    """Every relative link in a Markdown file leads to a file, and its anchor to a heading."""
    report = Report()
    for path in _files(root, ".md"):
        text = FENCE.sub("", path.read_text())
        for match in LINK.finditer(text):
            target, _, anchor = match[1].partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            report.seen += 1
            there = (path.parent / target) if target else path
            if not there.exists():
                report.complain(path.relative_to(root), f"dead link: {match[1]}")
            elif anchor and there.suffix == ".md" and anchor not in _anchors(there):
                report.complain(path.relative_to(root), f"no such heading: {match[1]}")
    return report


def check_code_blocks(root: Path) -> Report:
    """Every Python block in a Markdown file compiles."""
    report = Report()
    for path in _files(root, ".md"):
        for match in FENCE.finditer(path.read_text()):
            if match[1] not in ("python", "py"):
                continue
            report.seen += 1
            try:
                compile(match[2], str(path), "exec", dont_inherit=True)
            except SyntaxError as error:
                report.complain(path.relative_to(root), f"a Python block does not compile: {error.msg}: {error.text}")
    return report


def check_machine_names(root: Path) -> Report:
    """No file names a package registry or a path of the machine it was written on."""
    report = Report()
    for path in _files(root):
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        report.seen += 1
        for word in (*REGISTRY_HOSTS, *MACHINE_PATHS):
            if word in text:
                report.complain(path.relative_to(root), f"names {word}")
    return report


def check_pages(root: Path, pages: dict[str, str]) -> Report:
    """The pages of docs/reference say what the code says now."""
    report = Report()
    for place, text in pages.items():
        report.seen += 1
        path = root / place
        if not path.exists() or path.read_text() != text:
            report.complain(place, "differs from the code; run `make docs`")
    return report


def _files(root: Path, suffix: str = "") -> Iterator[Path]:
    for path in sorted(root.iterdir()):
        if path.name in NOT_OURS:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _files(path, suffix)
        elif path.is_file() and path.name.endswith(suffix):
            yield path


def _anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as the usual renderers make them."""
    text = FENCE.sub("", path.read_text())
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in HEADING.findall(text)}
