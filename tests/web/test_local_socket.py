"""The socket of a device: its owner's alone, there while the device is served, and gone in the end."""

import asyncio
import socket
import tempfile
import time
from pathlib import Path

import pytest

from edenmesh.errors import ConfigError
from edenmesh.web import serving, socket_path
from tests.net.loop import in_loop
from tests.node.devices import World, running
from tests.web.local import served


@in_loop
async def test_the_socket_is_the_owners_alone_and_there_only_while_it_serves(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,):
        home = tmp_path / "amina"
        for _ in range(2):
            async with served(amina, home) as local:
                assert local.path == socket_path(home)
                assert local.path.is_socket()
                assert local.path.stat().st_mode & 0o777 == 0o600
                assert local.path.parent.stat().st_mode & 0o777 == 0o700
                assert await local.ask("GET", "/api/tables") == []
            assert not local.path.exists()


@in_loop
async def test_a_socket_left_by_a_device_that_was_killed_is_replaced(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,):
        path = socket_path(tmp_path / "amina")
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(path))
        async with served(amina, tmp_path / "amina") as local:
            assert await local.ask("GET", "/api/tables") == []


@in_loop
async def test_a_folder_that_others_may_open_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with running(World(tmp_path), "Amina") as (amina,):
        for home in (tmp_path / "amina", tmp_path / ("long" * 40)):
            path = socket_path(home)
            path.parent.mkdir(exist_ok=True)
            path.parent.chmod(0o750)
            with pytest.raises(ConfigError, match="can be opened by other users") as refused:
                async with serving(amina, home):
                    raise AssertionError("it serves")
            assert "chmod 700" in refused.value.do
            assert not path.exists()


@in_loop
@pytest.mark.parametrize("obstacle", ["folder", "length"])
async def test_a_socket_that_cannot_be_made_is_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, obstacle: str
) -> None:
    async with running(World(tmp_path), "Amina") as (amina,):
        home = tmp_path / "amina"
        if obstacle == "folder":
            socket_path(home).mkdir(parents=True)
        else:
            monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("deep" * 30)))
            home = tmp_path / ("long" * 40)
        with pytest.raises(ConfigError, match="cannot be made"):
            async with serving(amina, home):
                raise AssertionError("it serves")


@in_loop
async def test_who_keeps_a_connection_open_does_not_keep_the_device_from_ending(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,):
        async with served(amina, tmp_path / "amina") as local:
            _, silent = await asyncio.open_unix_connection(local.path)
            reader, listening = await asyncio.open_unix_connection(local.path)
            listening.write(b"GET /api/events HTTP/1.1\r\nHost: device\r\n\r\n")
            assert b"200" in await reader.readline()
            began = time.monotonic()
        assert time.monotonic() - began < 5
        assert not local.path.exists()
        for writer in (silent, listening):
            writer.transport.abort()
        assert amina.status().records == 0
