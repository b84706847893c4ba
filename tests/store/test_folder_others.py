"""A folder with other things in it is not made into a store: closing it to others would close those, too."""

import os
from pathlib import Path

import pytest

from edenmesh.errors import UsageError
from edenmesh.store import KeyCost, Store

CHEAP = KeyCost(memory_kib=64, passes=1, lanes=1)


def test_a_folder_with_other_things_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("not ours")
    tmp_path.chmod(0o755)
    with pytest.raises(UsageError, match="other things"):
        Store.create(tmp_path, "a passphrase", entropy=os.urandom, cost=CHEAP)
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert [one.name for one in tmp_path.iterdir()] == ["letters.txt"]


def test_an_empty_folder_becomes_a_store_and_stays_one(tmp_path: Path) -> None:
    Store.create(tmp_path, "a passphrase", entropy=os.urandom, cost=CHEAP).close()
    (tmp_path / "letters.txt").write_text("put there later")
    Store.open(tmp_path, "a passphrase").close()
    assert tmp_path.stat().st_mode & 0o777 == 0o700
