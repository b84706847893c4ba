"""Programs that break the way from a command over the API to the device, each as a careless hand would."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import pytest

from edenmesh.cli.commands import conflicts, deletion, erasing
from edenmesh.cli.drawing import RecordShown
from edenmesh.cli.drawing.screen import Screen
from edenmesh.cli.reaching import Client, ExitCode, calls
from edenmesh.core.ids import VersionId, format_id
from edenmesh.core.records import StrandState
from edenmesh.node import Json
from edenmesh.node.records import Decisions, RecordDesk, decisions
from edenmesh.store import RecordVersions

Sabotage: TypeAlias = Callable[[pytest.MonkeyPatch], None]


def decides_the_other_strand(patch: pytest.MonkeyPatch) -> None:
    """It parts two records the wrong way round."""
    part = Decisions.part

    def other(self: Decisions, table: str, uuid: str, keeps: str, leaves: Sequence[str] = (), **more: object) -> object:
        strands = [one.id for one in self._desk.view(table, uuid).strands]
        return part(self, table, uuid, next(one for one in strands if one != keeps), leaves, **more)  # type: ignore[arg-type]

    patch.setattr(Decisions, "part", other)


def forgets_the_heads(patch: pytest.MonkeyPatch) -> None:
    """What a script has seen is not sent."""
    _without(patch, "heads")


def forgets_the_reason(patch: pytest.MonkeyPatch) -> None:
    """Why somebody decided so is not sent."""
    _without(patch, "why")


def _without(patch: pytest.MonkeyPatch, name: str) -> None:
    post = Client.post

    async def lossy(self: Client, path: str, body: Mapping[str, Json] | bytes = b"", **more: object) -> object:
        kept = body if isinstance(body, bytes) else {key: value for key, value in body.items() if key != name}
        return await post(self, path, kept, **more)  # type: ignore[arg-type]

    patch.setattr(Client, "post", lossy)


def leaves_a_field_out_of_json(patch: pytest.MonkeyPatch) -> None:
    """What is open about a record is not told to programs."""
    write = Screen.write_json

    def lossy(self: Screen, value: object) -> None:
        kept = value.items() if isinstance(value, dict) else ()
        write(self, {key: one for key, one in kept if key != "is_undecided"})

    patch.setattr(Screen, "write_json", lossy)


def says_done_for_open(patch: pytest.MonkeyPatch) -> None:
    """A record that is still open ends as one that is settled."""
    patch.setattr(RecordShown, "is_open", property(lambda _: False))
    patch.setattr(conflicts, "ExitCode", type("Codes", (), {"OK": ExitCode.OK, "OPEN": ExitCode.OK}))


def swallows_a_refusal(patch: pytest.MonkeyPatch) -> None:
    """What the device refuses ends as if it were done."""
    patch.setattr(calls, "exit_code_of", lambda error: ExitCode.OK)


def purges_without_asking(patch: pytest.MonkeyPatch) -> None:
    """Warnings are taken for accepted."""

    async def accepted(*_: object, **__: object) -> bool:
        return True

    patch.setattr(deletion, "_is_accepted", accepted)


def erases_without_asking(patch: pytest.MonkeyPatch) -> None:
    """An erasure is taken for confirmed."""

    async def agreed(*_: object, **__: object) -> None:
        return None

    patch.setattr(erasing, "_agree", agreed)


def undoes_another_version(patch: pytest.MonkeyPatch) -> None:
    """It takes back the last change, whichever was named."""

    def last(held: RecordVersions, _text: str, _names: object) -> VersionId:
        return max(held.versions, key=lambda one: held.versions[one].seq)

    patch.setattr(decisions, "version_named", last)


def takes_the_other_value(patch: pytest.MonkeyPatch) -> None:
    """Of two values it takes the one that was not named."""
    chosen = decisions._chosen

    def other(strand: StrandState, named: Sequence[str]) -> object:
        given = {choice.given_by[0] for field in strand.conflicts for choice in strand.fields[field].choices}
        return chosen(strand, [one for one in (format_id("v", each) for each in given) if one not in named])

    patch.setattr(decisions, "_chosen", other)


def edits_without_looking(patch: pytest.MonkeyPatch) -> None:
    """An edit is answered with the record, and not written."""
    patch.setattr(RecordDesk, "edit", lambda self, table, uuid, values, **_: self.view(table, uuid))
