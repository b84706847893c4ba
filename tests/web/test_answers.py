"""How errors are answered: each class with the status nearest to it, and a defect of ours with words, not silence."""

import inspect
import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from edenmesh import errors
from edenmesh.errors import EdenmeshError, InvalidInput, ProtocolError, StoreError
from edenmesh.web.api.answers import error_view, refuse
from tests.net.loop import in_loop
from tests.node.devices import World, running
from tests.web.local import served

ALL = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, EdenmeshError)]


def test_every_error_is_answered_in_three_parts_and_only_our_own_failures_are_500() -> None:
    for kind in ALL:
        response = refuse(kind("It happened."))
        said = json.loads(bytes(response.body))
        assert said == error_view(kind("It happened."))
        assert said["error"] == kind.__name__
        assert said["kept"]
        is_ours = kind is EdenmeshError or issubclass(kind, StoreError | ProtocolError)
        assert (response.status_code == 500) == is_ours, kind
    assert len(ALL) > 15


def test_an_error_that_quotes_half_a_character_is_still_told() -> None:
    assert json.loads(bytes(refuse(InvalidInput("\ud800 is nobody.")).body))["what"] == "? is nobody."


@in_loop
async def test_a_defect_is_told_and_logged_and_the_device_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken_stream(*_: object, **__: object) -> AsyncGenerator[object]:
        yield {"step": 1}
        raise ZeroDivisionError("a secret")

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a secret")

    async with running(World(tmp_path), "Amina") as (amina,), served(amina, tmp_path / "amina") as local:
        monkeypatch.setattr(amina, "tables", broken)
        monkeypatch.setattr(amina, "deliver", broken_stream)
        said = await local.ask("GET", "/api/tables", status=500)
        first, last = await local.lines("POST", "/api/deliver")
        assert first == {"step": 1}
        for view in (said, last):
            assert isinstance(view, dict)
            assert "This program has a defect: ZeroDivisionError at broken" in str(view["what"])
            assert "a secret" not in str(view)
        assert [record.message for record in caplog.records] == ["a request ended by a defect"] * 2
        assert await local.ask("GET", "/api/members")
