"""Files: asked for by content, resumed, missing, wrong; and never in the way of the rest."""

from hashlib import sha256

import pytest

from edenmesh.core.ids import FileHash
from edenmesh.core.limits import CHUNK_BYTES, FILE_BYTES_MAX, UNTAKEN_BYTES_MAX
from edenmesh.core.records import File
from edenmesh.core.session import ChunkReceived, files
from edenmesh.core.session.files import FileTaker
from edenmesh.core.wire import FileChunk, FileHere, FileMissing, FileTaken, FileWanted
from tests.duets.duet import Duet, meet, same
from tests.duets.team import Device, team


def picture(number: int, size: int = 1000) -> bytes:
    return (f"picture {number} ".encode() * size)[:size]


def named(device: Device, data: bytes, *, size: int | None = None) -> FileHash:
    """A record that names a file its device does not have."""
    file = FileHash(sha256(data).digest())
    device.write(photo=File(file, "photo.jpg", "image/jpeg", len(data) if size is None else size))
    return file


def many_files() -> None:
    """More files than are asked for at once, of sizes around that of a chunk, both ways."""
    ana, ben = team("Ana", "Ben")
    for number, size in enumerate((1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 5, 6, 7, 8)):
        (ana, ben)[number % 2].attach(picture(number, size))
    duet = Duet(ana, ben).roundtrip()
    assert same(ana, ben)
    assert ana.store.files == ben.store.files
    assert len(ana.store.files) == 9
    chunks = [chunk for end in duet.ends for chunk in end.messages(FileChunk)]
    assert len(chunks) == 12
    assert [end.missing for end in duet.ends] == [(), ()]
    for end in duet.ends:
        progress = end.session.progress
        assert progress.file_bytes_taken == progress.file_bytes_to_take > 0


def test_many_files_travel_both_ways() -> None:
    many_files()


def test_a_file_the_peer_has_not_is_missing_and_said_to_be() -> None:
    ana, ben = team("Ana", "Ben")
    named(ana, picture(1))
    ana.attach(picture(2))
    duet = meet(ana, ben)
    assert len(ben.store.files) == 1
    assert duet.left.missing == ("1 file is not here whole", "1 file is not whole on the other device")
    assert duet.right.missing == duet.left.missing
    progress = duet.right.session.progress
    assert progress.file_bytes_taken == progress.file_bytes_to_take == 1000


def test_a_file_that_comes_later_is_passed_on() -> None:
    ana, ben = team("Ana", "Ben")
    file = named(ana, picture(1))
    duet = meet(ana, ben)
    assert len(duet.left.messages(FileMissing)) == 1
    ana.store.add_file(picture(1))
    ana.tell()
    duet.roundtrip().wait(2)
    assert len(duet.left.messages(FileHere)) == 1
    assert ben.store.files[file] == picture(1)
    assert [end.missing for end in duet.ends] == [(), ()]


def test_a_file_with_another_size_than_its_version_says_stops_nothing() -> None:
    ana, ben = team("Ana", "Ben")
    wrong = ana.attach(picture(1), size=777)
    right = ana.attach(picture(2))
    ana.write(photo=File(wrong, "photo.jpg", "image/jpeg", 999_999))
    duet = meet(ana, ben)
    assert duet.left.ended is duet.right.ended is None
    assert right in ben.store.files
    assert wrong not in ben.store.files
    assert duet.right.missing == ("1 file is not here whole",)


def test_of_two_sizes_for_one_file_the_true_one_brings_it() -> None:
    ana, ben = team("Ana", "Ben")
    file = ana.attach(picture(1), size=5)
    ana.attach(picture(1))
    duet = meet(ana, ben)
    assert ben.store.files[file] == picture(1)
    assert duet.right.missing == ()


def test_a_file_larger_than_may_be_is_not_asked_for() -> None:
    ana, ben = team("Ana", "Ben")
    named(ana, picture(1), size=FILE_BYTES_MAX + 1)
    duet = meet(ana, ben)
    assert not duet.right.messages(FileWanted)
    assert duet.right.missing is not None
    assert "1 file is not here whole" in duet.right.missing


def test_an_empty_file_is_whole_wherever_it_is_named() -> None:
    ana, ben = team("Ana", "Ben")
    named(ana, b"")
    duet = meet(ana, ben)
    assert [end.missing for end in duet.ends] == [(), ()]


def test_a_file_with_false_content_is_thrown_away_and_asked_of_somebody_else() -> None:
    ana, ben, cem = team("Ana", "Ben", "Cem")
    file = ana.attach(picture(1))
    meet(ana, cem)
    ana.store.files[file] = picture(2)
    duet = meet(ana, ben)
    assert file not in ben.store.files
    assert duet.right.missing is not None
    assert "1 file is not here whole" in duet.right.missing
    meet(cem, ben)
    assert ben.store.files[file] == picture(1)


def test_a_giver_of_files_stays_a_window_ahead_of_what_is_durable() -> None:
    ana, ben = team("Ana", "Ben")
    file = ana.attach(bytes(UNTAKEN_BYTES_MAX + 10 * CHUNK_BYTES))
    duet = Duet(ana, ben)
    while not duet.right.messages(FileWanted):
        duet.step()
    duet.right.is_storing = False
    duet.roundtrip()
    assert sum(len(chunk.data) for chunk in duet.left.messages(FileChunk)) == UNTAKEN_BYTES_MAX
    assert not duet.right.messages(FileTaken)
    duet.right.is_storing = True
    duet.right.store(duet.now)
    duet.roundtrip()
    assert len(ben.store.files[file]) == UNTAKEN_BYTES_MAX + 10 * CHUNK_BYTES
    assert duet.right.missing == ()


def test_a_file_lost_half_way_is_asked_for_again_when_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "UNTAKEN_BYTES_MAX", CHUNK_BYTES)
    ana, ben = team("Ana", "Ben")
    file = ana.attach(picture(1, 5 * CHUNK_BYTES))
    duet = Duet(ana, ben)
    while len(duet.right.messages(FileTaken)) < 2:
        duet.step()
    data = ana.store.files.pop(file)
    duet.roundtrip()
    assert duet.right.missing is not None
    held = len(ben.store.partial[file, len(data)])
    assert 0 < held < len(data)
    ana.store.files[file] = data
    ana.tell()
    duet.roundtrip().wait(2)
    assert ben.store.files[file] == data
    assert sum(len(chunk.data) for chunk in duet.right.told(ChunkReceived)) == len(data)
    assert [end.missing for end in duet.ends] == [(), ()]


def test_a_file_that_has_come_from_elsewhere_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "FILES_ASKED_AT_ONCE", 1)
    ana, ben = team("Ana", "Ben")
    ana.attach(picture(1, 3 * CHUNK_BYTES))
    ana.attach(picture(2))
    duet = Duet(ana, ben)
    while not duet.right.messages(FileWanted):
        duet.step()
    (first,) = duet.right.messages(FileWanted)
    for data in ana.store.files.values():
        if sha256(data).digest() != first.file:
            ben.store.add_file(data)
    duet.roundtrip()
    assert len(duet.right.messages(FileWanted)) == 1
    assert same(ana, ben)


def test_a_taker_that_forgets_to_look_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FileTaker, "look", lambda _: None)
    with pytest.raises(AssertionError):
        many_files()
