"""Files: chunk by chunk, whole only when their hash holds."""

import hashlib
import random
from pathlib import Path

import pytest

from edenmesh.core.ids import FileHash
from edenmesh.core.limits import CHUNK_BYTES, FILE_BYTES_MAX
from edenmesh.core.records import File
from edenmesh.core.session import FileNeed
from edenmesh.errors import InvalidInput
from edenmesh.store import Store
from tests.store.making import PASSPHRASE, Team, add_parts, make_store, undo

CONTENT = random.Random(3).randbytes(700_000)
HASH = FileHash(hashlib.sha256(CONTENT).digest())


def name_file(store: Store, team: Team, content: bytes = CONTENT, size: int | None = None) -> FileHash:
    """Store a version that names a file."""
    author = team.authors[1]
    file = FileHash(hashlib.sha256(content).digest())
    at = len(author.versions)
    author.write(f"p{at}", {"photo": File(file, "a.jpg", "image/jpeg", len(content) if size is None else size)})
    add_parts(store, [author.part(at, at + 1)])
    return file


def give(store: Store, content: bytes, start: int, stop: int, *, file: FileHash = HASH, size: int = 0) -> bool:
    with store.change() as change:
        return change.add_chunk(file, size or len(content), start, content[start:stop])


def test_a_file_named_is_wanted_until_it_is_whole(store: Store, team: Team) -> None:
    name_file(store, team)
    assert store.snapshot.wanted_files() == [FileNeed(HASH, 700_000, 0)]
    assert store.snapshot.open_counts().files_missing == 1
    assert not give(store, CONTENT, 0, 300_000)
    assert store.snapshot.wanted_files() == [FileNeed(HASH, 700_000, 300_000)]
    assert store.snapshot.file_size(HASH) is None
    assert store.snapshot.file_chunk(HASH, 0, 100) is None
    assert not give(store, CONTENT, 300_000, 600_000)
    with store.change() as change:
        assert change.add_chunk(HASH, 700_000, 600_000, CONTENT[600_000:])
    assert change.committed is not None
    assert change.committed.files == {HASH}
    assert store.snapshot.wanted_files() == []
    assert store.snapshot.open_counts().files_missing == 0
    assert store.snapshot.file_size(HASH) == 700_000


@pytest.mark.parametrize(("offset", "length"), [(0, 1), (0, 700_000), (299_999, 2), (250_000, 400_000), (699_999, 9)])
def test_any_stretch_of_a_whole_file_can_be_read(store: Store, team: Team, offset: int, length: int) -> None:
    name_file(store, team)
    for start in range(0, 700_000, 150_000):
        give(store, CONTENT, start, start + 150_000)
    assert store.snapshot.file_chunk(HASH, offset, length) == CONTENT[offset : offset + length]
    assert store.snapshot.file_chunk(HASH, 700_000, 10) == b""


@pytest.mark.parametrize("at", [0, 350_000, 699_999])
def test_a_file_with_one_wrong_bit_is_thrown_away_whole(store: Store, team: Team, at: int) -> None:
    name_file(store, team)
    wrong = bytearray(CONTENT)
    wrong[at] ^= 1
    assert not give(store, bytes(wrong), 0, 400_000)
    assert not give(store, bytes(wrong), 400_000, 700_000)
    assert store.snapshot.file_size(HASH) is None
    assert store.snapshot.wanted_files() == [FileNeed(HASH, 700_000, 0)]
    assert not give(store, CONTENT, 0, 400_000)
    assert give(store, CONTENT, 400_000, 700_000)
    assert store.snapshot.file_chunk(HASH, 0, 700_000) == CONTENT


def test_a_transfer_goes_on_after_a_restart(tmp_path: Path, team: Team) -> None:
    with make_store(tmp_path / "s") as store:
        with store.change() as change:
            change.add_charter(team.entries)
        name_file(store, team)
        give(store, CONTENT, 0, 333_333)
    with Store.open(tmp_path / "s", PASSPHRASE) as store:
        assert store.snapshot.wanted_files() == [FileNeed(HASH, 700_000, 333_333)]
        assert give(store, CONTENT, 333_333, 700_000)
        assert store.snapshot.file_chunk(HASH, 0, 700_000) == CONTENT


def test_chunks_from_two_peers_fit_together(store: Store, team: Team) -> None:
    name_file(store, team)
    for start, stop in ((0, 200_000), (0, 200_000), (100_000, 300_000), (500_000, 600_000), (50_000, 90_000)):
        assert not give(store, CONTENT, start, stop)
    assert store.snapshot.wanted_files() == [FileNeed(HASH, 700_000, 300_000)]
    assert give(store, CONTENT, 250_000, 700_000)
    assert store.snapshot.file_chunk(HASH, 0, 700_000) == CONTENT


def test_what_a_failed_change_hashed_is_forgotten(store: Store, team: Team) -> None:
    name_file(store, team)
    give(store, CONTENT, 0, 100_000)
    undo(store, lambda change: change.add_chunk(HASH, 700_000, 100_000, b"x" * 100_000))
    give(store, CONTENT, 100_000, 200_000)
    assert give(store, CONTENT, 200_000, 700_000)


def test_pieces_of_files_nobody_named_are_passed_over(store: Store, team: Team) -> None:
    assert not give(store, CONTENT, 0, 100_000)
    name_file(store, team)
    assert not give(store, CONTENT, 0, 100_000, size=600_000)
    assert not give(store, CONTENT + b"more", 0, 700_004, size=700_000)
    assert store.snapshot.wanted_files() == [FileNeed(HASH, 700_000, 0)]


def test_a_wrong_size_in_one_version_does_not_keep_the_file_from_coming(store: Store, team: Team) -> None:
    name_file(store, team, size=100_000)
    name_file(store, team)
    assert {need.size for need in store.snapshot.wanted_files()} == {100_000, 700_000}
    assert not give(store, CONTENT, 0, 100_000, size=100_000)
    assert give(store, CONTENT, 0, 700_000)
    assert store.snapshot.wanted_files() == []
    assert store.snapshot.open_counts().files_missing == 0
    assert store.snapshot.file_chunk(HASH, 0, 700_000) == CONTENT


def test_an_empty_file_is_whole_when_it_is_named(store: Store, team: Team) -> None:
    file = name_file(store, team, b"")
    assert store.snapshot.wanted_files() == []
    assert store.snapshot.file_size(file) == 0
    assert store.snapshot.file_chunk(file, 0, 10) == b""


@pytest.mark.parametrize("pieces", [[CONTENT], [CONTENT[:5], CONTENT[5:600_000], CONTENT[600_000:]]])
def test_own_files_are_whole_at_once(store: Store, team: Team, pieces: list[bytes]) -> None:
    with store.change() as change:
        assert change.add_file(pieces) == (HASH, 700_000)
    name_file(store, team)
    assert store.snapshot.wanted_files() == []
    assert store.snapshot.file_chunk(HASH, 0, 700_000) == CONTENT
    longest = store._database.reader.number("SELECT max(length(data)) FROM file_chunks")
    assert longest <= CHUNK_BYTES


def test_the_same_file_twice_is_kept_once(store: Store, team: Team) -> None:
    name_file(store, team)
    give(store, CONTENT, 0, 100_000)
    for _ in range(2):
        with store.change() as change:
            change.add_file([CONTENT])
    reader = store._database.reader
    assert reader.number("SELECT sum(length(data)) FROM file_chunks") == 700_000
    assert reader.number("SELECT count(*) FROM files") == 1
    assert store.snapshot.file_chunk(HASH, 0, 700_000) == CONTENT


def test_a_file_larger_than_others_would_take_is_refused(store: Store) -> None:
    piece = bytes(CHUNK_BYTES)
    with pytest.raises(InvalidInput, match="MiB"), store.change() as change:
        change.add_file(piece for _ in range(FILE_BYTES_MAX // CHUNK_BYTES + 1))
    assert store._database.reader.number("SELECT count(*) FROM file_chunks") == 0
