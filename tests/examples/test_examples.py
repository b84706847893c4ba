"""The examples run as they stand, and are short enough to be read."""

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
LINES_MAX = 40


def test_two_devices_in_one_program_share_a_record() -> None:
    program = EXAMPLES / "two_devices.py"
    done = subprocess.run([sys.executable, "-W", "error", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "School 3"
    assert "everything" in done.stdout


def test_examples_are_short() -> None:
    programs = sorted(EXAMPLES.glob("*.py"))
    assert programs
    for program in programs:
        assert len(program.read_text().splitlines()) <= LINES_MAX
