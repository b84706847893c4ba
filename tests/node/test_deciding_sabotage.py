"""Deciders that cut a corner: an audit of what was lost catches each of them; the honest one comes through clean."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from edenmesh.core.records import Change, Content, StrandState, content_text
from edenmesh.node import Decision, Device
from edenmesh.node.records import decisions
from edenmesh.store import RecordVersions
from tests.net.loop import in_loop
from tests.node.devices import World, part, sync, team
from tests.node.test_conflicts import TABLE, apart


def follows_what_is_here(held: RecordVersions, heads: Sequence[str]) -> RecordVersions:
    """Follows the heads of now: what came after the person looked counts as seen."""
    return held


def keeps_the_value_shown(strand: StrandState, name: str, version: str, place: int) -> dict[str, Content | None]:
    """Takes the provisional value, whatever was picked."""
    return {name: strand.fields[name].shown}


def notes_nothing(*_given: object) -> list[str]:
    """Keeps one value and drops the others."""
    return []


def settles_all(strand: StrandState, contents: dict[str, Content | None], _declared: object) -> Change:
    """Decides the fields nobody was asked about along with the one that was."""
    shown = {name: strand.fields[name].shown for name in strand.conflicts}
    texts = {name: content for name, content in {**shown, **contents}.items() if content is not None}
    return Change(set={name: content_text(content) for name, content in texts.items()})


SABOTEURS: dict[str, tuple[str, Callable[..., object]]] = {
    "the honest one": ("", lambda: None),
    "follows what is here": ("seen_at", follows_what_is_here),
    "keeps the value shown": ("_picked", keeps_the_value_shown),
    "notes nothing": ("_notes", notes_nothing),
    "settles all": ("_resolution", settles_all),
}


async def lost(folder: Path, *, is_picked: bool) -> list[str]:
    """What is lost of what two people wrote, by a decision on what was seen before the last edit came."""
    async with team(World(folder), "Amina", "Bo") as (amina, bo):
        uuid = amina.add(TABLE, {"name": "School", "beds": 5}).uuid
        await sync(bo, amina)
        await apart(amina, bo, uuid, {"name": "A", "beds": 1}, {"name": "B", "beds": 2})
        seen = amina.record(TABLE, uuid)
        await part(amina, bo)
        bo.edit(TABLE, uuid, {"phone": "1"})
        bo.edit(TABLE, uuid, {"name": "Late"})
        await sync(amina, bo)
        # The second place: the provisional value is not what the person picks.
        choice = seen.strands[0].fields["name"].choices[1]
        decision = Decision(values={"name": choice.text}, heads=seen.heads)
        if is_picked:
            decision = Decision(picks={"name": (choice.version, 1)}, both=["name"], heads=seen.heads)
        amina.decisions.resolve(TABLE, uuid, decision)
        other = next(one.text for one in seen.strands[0].fields["name"].choices if one is not choice)
        return _missing(amina, uuid, choice.text, other if is_picked else "")


def _missing(device: Device, uuid: str, picked: str, other: str) -> list[str]:
    fields = device.record(TABLE, uuid).strands[0].fields
    names = {one.text for one in fields["name"].choices}
    missing = [] if picked in names else ["the value picked"]
    missing += [] if "Late" in names else ["the late edit"]
    missing += [] if {one.text for one in fields["beds"].choices} == {"1", "2"} else ["a value nobody decided about"]
    note = fields["comments"].text if "comments" in fields else ""
    missing += [] if not other or f"name: {other}" in note else ["the value for the note"]
    return missing


@in_loop
@pytest.mark.parametrize("name", SABOTEURS)
async def test_a_decider_that_loses_something_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    place, sabotage = SABOTEURS[name]
    if place:
        assert hasattr(decisions, place)
        monkeypatch.setattr(decisions, place, sabotage)
    # Who follows what is here does not find the picked value in its place, and is refused: so it is typed, too.
    found = await lost(tmp_path / "typed", is_picked=False)
    if place != "seen_at":
        found += await lost(tmp_path / "picked", is_picked=True)
    assert bool(found) is bool(place), found
