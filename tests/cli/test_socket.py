"""Where commands look for the device that runs, and whom they take for it."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edenmesh.cli.reaching.client import is_served
from edenmesh.web import socket_path


@contextmanager
def answering(folder: Path) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as bound:
        bound.bind(str(folder / "socket"))
        bound.listen()
        yield


def asked(path: Path) -> bool:
    return asyncio.run(is_served(path))


@pytest.mark.parametrize(("mode", "is_taken"), [(0o700, True), (0o770, False), (0o701, False), (0o777, False)])
def test_only_a_socket_in_a_private_folder_is_taken_for_the_device(tmp_path: Path, mode: int, is_taken: bool) -> None:
    with answering(tmp_path):
        tmp_path.chmod(mode)
        assert asked(tmp_path / "socket") is is_taken


def test_a_link_to_a_folder_is_not_followed_to_a_socket(tmp_path: Path) -> None:
    folder, link = tmp_path / "device", tmp_path / "link"
    folder.mkdir(mode=0o700)
    link.symlink_to(folder)
    with answering(folder):
        assert asked(folder / "socket")
        assert not asked(link / "socket")
        assert asked(socket_path(link))


def test_a_device_has_one_socket_however_its_folder_is_named(tmp_path: Path) -> None:
    for depth in (1, 30):
        home, link = tmp_path / "/".join(["folder"] * depth), tmp_path / f"link{depth}"
        home.mkdir(parents=True, exist_ok=True)
        link.symlink_to(home)
        assert socket_path(link) == socket_path(home) == socket_path(home / ".." / home.name)
