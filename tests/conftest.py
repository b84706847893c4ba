"""The ground of all tests: what may be left out and how that is told, and that nothing leaves this machine.

A test that cannot run here is skipped with a reason in plain words, and the run ends with the list of them. Under
EDENMESH_REQUIRE_ALL=1, as in `.ci/run`, it fails instead. The recorded exchanges of a real Eden server are no part of
this repository; their tests are chosen only where EDENMESH_CAPTURES names the folder that holds them.
"""

import ipaddress
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest

REQUIRE_ALL = os.environ.get("EDENMESH_REQUIRE_ALL") == "1"
CAPTURES = os.environ.get("EDENMESH_CAPTURES")

# The same examples for everybody, so that a red run is red again; EDENMESH_EXPLORE=1 draws new ones.
hypothesis.settings.register_profile("same", deadline=None, print_blob=True, derandomize=True)
hypothesis.settings.register_profile("new", deadline=None, print_blob=True)
hypothesis.settings.load_profile("new" if os.environ.get("EDENMESH_EXPLORE") == "1" else "same")

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

_left_out: list[str] = []


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of exchanges recorded from a real Eden server."""
    assert CAPTURES is not None, "tests that use the captures are deselected without EDENMESH_CAPTURES"
    return Path(CAPTURES)


def pytest_configure(config: pytest.Config) -> None:
    if CAPTURES is not None and not Path(CAPTURES).is_dir():
        raise pytest.UsageError(f"EDENMESH_CAPTURES names no folder: {CAPTURES}")
    sys.addaudithook(_stay_at_home)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if CAPTURES is None:
        away = [item for item in items if _uses_captures(item)]
        if away:
            items[:] = [item for item in items if not _uses_captures(item)]
            config.hook.pytest_deselected(items=away)
            _left_out.append(f"{len(away)} tests on recorded exchanges: EDENMESH_CAPTURES is not set")
    for marker, find_obstacle in (("root", _obstacle_to_namespaces), ("browser", _obstacle_to_browsing)):
        marked = [item for item in items if item.get_closest_marker(marker)]
        obstacle = find_obstacle() if marked else None
        if obstacle is not None:
            for item in marked:
                item.add_marker(pytest.mark.skip(reason=obstacle))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _require(report, item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _require(report, collector.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _left_out:
        terminalreporter.section("left out")
        for line in _left_out:
            terminalreporter.write_line(f"left out: {line}")


def _require(report: Report, nodeid: str) -> Report:
    """Write down what was skipped; where nothing may be, make it a failure."""
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _left_out.append(f"{nodeid}: {reason.removeprefix('Skipped: ')}")
        if REQUIRE_ALL:
            report.outcome = "failed"
            report.longrepr = f"left out, though EDENMESH_REQUIRE_ALL=1: {reason}"
    return report


def _uses_captures(item: pytest.Item) -> bool:
    names: Iterable[str] = getattr(item, "fixturenames", ())
    return item.get_closest_marker("captures") is not None or "captures" in names


def _obstacle_to_namespaces() -> str | None:
    """Why network namespaces cannot be made here; None when they can. Installs the `ip` command where it may."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    _install("ip", "iproute2")
    if shutil.which("ip") is None:
        return "the `ip` command is missing: apt-get install iproute2"
    probe = subprocess.run(
        ["unshare", "--net", "ip", "link", "show", "lo"], capture_output=True, text=True, check=False
    )
    return None if probe.returncode == 0 else f"this system refuses network namespaces: {probe.stderr.strip()}"


def _obstacle_to_browsing() -> str | None:
    """Why no browser can be driven here; None when one can. Installs Debian's chromium where it may."""
    _install("chromium", "chromium")
    return None if shutil.which("chromium") else "chromium is missing: apt-get install chromium"


def _install(command: str, package: str) -> None:
    """Install the package that has a command, where it is missing and this system and this user may."""
    if shutil.which(command) is not None or shutil.which("apt-get") is None or os.geteuid() != 0:
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", package]):
        subprocess.run(words, env=quiet, capture_output=True, check=False)


def _stay_at_home(event: str, arguments: tuple[object, ...]) -> None:
    """No test talks to a stranger's machine: addresses of the open internet are refused."""
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    try:
        address = ipaddress.ip_address(arguments[1][0])
    except ValueError:
        return
    if address.is_global and not address.is_multicast:
        raise PermissionError(f"a test tried to reach {address}; tests stay on this machine")
