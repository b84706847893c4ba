"""The demo, ended before its end: it takes its devices along."""

import signal
import sys
from pathlib import Path

import pytest

from tests.system.installed import processes_of, running
from tools.environment import ROOT


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_demo_that_is_broken_off_leaves_no_process_and_no_file(tmp_path: Path, number: signal.Signals) -> None:
    words = [sys.executable, "-m", "edenmesh", "demo", "--small"]
    with running(words, tmp_path, {"PYTHONPATH": str(ROOT / "src")}) as demo:
        demo.hear("Amina imports")
        assert len(processes_of(tmp_path)) == 2, "two devices"
        assert demo.end(number) == 130, demo.said
    assert processes_of(tmp_path) == []
    assert not list(tmp_path.glob("edenmesh-demo-*"))
