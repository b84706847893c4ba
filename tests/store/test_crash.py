"""What was acknowledged is there after a kill at any moment; what was under way is there whole or not at all."""

import random
import signal
import subprocess
import sys
from pathlib import Path

from edenmesh.store import Store
from tests.store.making import PASSPHRASE, Team, child_environment, make_store, require_logs_whole

ROUNDS = 10
WRITER = """
import sys
from pathlib import Path
from edenmesh.store import Store
from tests.store.making import PASSPHRASE, Team
store, own = Store.open(Path(sys.argv[1]), PASSPHRASE), Team().authors[0]
own.write_many(store.own_log(own.id).size)
count = 1
while True:
    with store.change() as change:
        for _ in range(count):
            own.write_many(1)
            change.append(own.versions[-1])
        change.seal_own(own.key)
        change.add_file([own.versions[-1].data * 100])
        change.put_meta("size", str(len(own.versions)).encode())
    print(len(own.versions), flush=True)
    count = count * 3 % 101
"""


def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    home, own = tmp_path / "store", Team().authors[0]
    with make_store(home) as store, store.change() as change:
        change.add_charter(Team().entries)
    chance = random.Random(11)
    stored = commits = 0
    for _ in range(ROUNDS):
        acknowledged = _write_until_killed(home, chance.randrange(1, 40))
        with Store.open(home, PASSPHRASE) as store:
            size, sealed, is_ours = store.own_log(own.id)
            assert is_ours
            assert acknowledged[-1] <= size <= acknowledged[-1] + 100, "one change at most was under way"
            assert store.notes.meta("size") == str(size).encode(), "a change is there whole or not at all"
            assert store.snapshot.log_heads()[0].size == sealed == size
            assert store.snapshot.counts() == {"pr_person": size}
            statistics = store.statistics()
            assert statistics.rows["versions"] == size
            assert statistics.problems == []
            require_logs_whole(store)
        stored, commits = size, commits + len(acknowledged)
    assert commits > 10 * ROUNDS
    assert stored > 1024


def _write_until_killed(home: Path, acknowledged_min: int) -> list[int]:
    """Let a child write and kill it. Returns what it acknowledged: how long its log was after each change."""
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(home)], stdout=subprocess.PIPE, text=True, env=child_environment()
    )
    assert child.stdout is not None
    lines = [child.stdout.readline() for _ in range(acknowledged_min)]
    child.send_signal(signal.SIGKILL)
    lines += child.stdout.read().splitlines()
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    return [int(line) for line in lines]
