"""What the laws of gateways ask of a world (tests/oracle/gateway_worlds.py): what was true beside what is shown."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from edenmesh.core.ids import VersionId
from edenmesh.core.records import (
    OBSERVE,
    PUT,
    RESOLVE,
    RETRACT,
    Choice,
    History,
    StrandState,
    Version,
    content_text,
    is_delivered,
    last_observations,
    owed_fields,
    record_state,
)
from tests.oracle.careless_server import SERVER, Body
from tests.oracle.gateway_worlds import FIELDS, ROUNDS_MAX, Care, Observing, World, as_observation
from tests.oracle.record_model import Model

STEPS = 40

CARELESS = Care()
"""A server that drops, forgets, deletes, is set back and edited by others."""


class Scene(NamedTuple):
    """Worlds of one kind: so many of them, from a first number on, with a program that may be broken."""

    number: int
    gateways: int
    care: Care = CARELESS
    first: int = 0
    observing: Observing = as_observation


@dataclass
class Survey:
    """What was seen in the worlds of a scene: of each law the worlds that break it, by number, and the work done."""

    lies: list[int] = field(default_factory=list)
    owed_in_secret: list[int] = field(default_factory=list)
    restless: list[int] = field(default_factory=list)
    stuck: list[int] = field(default_factory=list)
    passed_over: list[int] = field(default_factory=list)
    come_back: list[int] = field(default_factory=list)
    needless: list[int] = field(default_factory=list)
    outlived: list[int] = field(default_factory=list)
    work: Counter[str] = field(default_factory=Counter)


@cache
def survey(scene: Scene) -> Survey:
    """Run the worlds of a scene, and ask all laws of each. The program as it ships is asked only once."""
    return surveyed(scene)


def surveyed(scene: Scene) -> Survey:
    """Run the worlds of a scene, and ask all laws of each."""
    found = Survey()
    for number in range(scene.first, scene.first + scene.number):
        _ask(World(number, gateways=scene.gateways, care=scene.care, observing=scene.observing), number, found)
    return found


def _ask(world: World, number: int, found: Survey) -> None:
    asked: set[tuple[int, int]] = set()
    broken: dict[str, bool] = {"lies": False, "secret": False}

    def after_each(world: World, device: int) -> None:
        if (device, len(world.held[device])) not in asked:
            asked.add((device, len(world.held[device])))
            broken["lies"] |= bool(receipt_lies(world, device, found.work))
            broken["secret"] |= bool(owed_in_secret(world, device, found.work))

    is_at_rest = world.run(STEPS, after_each).come_to_rest() < ROUNDS_MAX
    for device in world.devices:
        after_each(world, device)
    laws = (
        (found.lies, broken["lies"]),
        (found.owed_in_secret, broken["secret"]),
        (found.passed_over, bool(values_passed_over(world, found.work))),
        (found.come_back, has_come_back(world, found.work)),
        (found.needless, bool(needless_conflicts(world))),
        (found.outlived, bool(outlived_conflicts(world))),
        (found.restless, not is_at_rest),
        (found.stuck, is_stuck(world, found.work)),
    )
    for broken_in, is_broken in laws:
        if is_broken:
            broken_in.append(number)
    found.work["worlds"] += 1
    found.work.update(world.work)


def is_stuck(world: World, work: Counter[str]) -> bool:
    """Whether people decided all there was, the server was well, and yet not everything got there."""
    work["decisions at last"] += world.settle()
    state = world.state(0)
    assert state is not None
    strand = state.strand
    # A record without any value cannot be made at a server.
    is_empty = strand is not None and not strand.values and world.server.row is None
    return not is_empty and not is_delivered(state, world.versions, SERVER)


def has_come_back(world: World, work: Counter[str]) -> bool:
    """Whether a record is there again that was retracted by one who had seen all that people gave."""
    people = {one for one, version in world.versions.items() if one not in world.bodies}
    history = History(world.versions)
    retracts = [one for one in people if world.versions[one].op == RETRACT and people <= history.past((one,)).keys()]
    # An edit made at the server meanwhile, or what looks like one, is one more thing to decide about.
    if not retracts or world.web_edits or "forgotten" in world.work:
        return False
    work["retracted"] += 1
    return not record_state(world.versions).strands[0].is_deleted


# --- receipts ---------------------------------------------------------------------------------------------------------


def body_of(strand: StrandState) -> Body:
    """The body that a strand gives; None is absence."""
    return None if strand.is_deleted else {name: content_text(content) for name, content in strand.values.items()}


def receipt_lies(world: World, device: int, work: Counter[str]) -> list[str]:
    """Where a device says delivered and the server held something else when it was read last, as far as is known."""
    known, state = world.known(device), world.state(device)
    if state is None or state.strand is None or not is_delivered(state, known, SERVER):
        return []
    work["delivered"] += 1
    shown = body_of(state.strand)
    lies = [f"{one.hex()[:8]} saw else" for one in last_observations(known, SERVER) if world.bodies[one] != shown]
    newest = max((one for one in known if one in world.bodies), key=world.written.__getitem__)
    # Where a server was set back somebody may see again, for the first time, what others saw before it changed.
    is_old = world.bodies[newest] != shown and not world.care.set_back
    return [*lies, "it was seen later to hold something else"] if is_old else lies


def owed_in_secret(world: World, device: int, work: Counter[str]) -> set[str]:
    """The fields that a last read did not show as they are here, and that are not said to be owed."""
    known, state = world.known(device), world.state(device)
    if state is None or state.strand is None or state.strand.is_deleted:
        return set()
    ours = body_of(state.strand) or {}
    seen = [world.bodies[one] or {} for one in last_observations(known, SERVER)] or [{}]
    owed = {name for body in seen for name in FIELDS if body.get(name, "") != ours.get(name, "")}
    said = set(owed_fields(state, known, SERVER))
    work["owed"] += len(owed)
    work["said to be owed and is not"] += bool(said - owed - set(state.strand.conflicts))
    return owed - said


# --- values -----------------------------------------------------------------------------------------------------------


def values_passed_over(world: World, work: Counter[str]) -> list[tuple[VersionId, str, str]]:
    """What people gave and is not shown, though nobody who had seen it, here or at the server, gave anything else."""
    strand = record_state(world.versions).strands[0]
    given = [
        (one, name, text)
        for one, version in world.versions.items()
        if version.op in (PUT, RESOLVE) and one not in world.bodies
        for name, text in _assigned(version)
    ]
    work["values"] += len(given)
    lost = [(one, name, text) for one, name, text in given if strand.is_deleted or text not in _shown(strand, name)]
    lost = [triple for triple in lost if not _was_replaced_there(world, triple)]
    if not lost:
        return []
    model = Model(world.versions)
    return [(one, name, text) for one, name, text in lost if not _was_replaced_here(world, model, one, name)]


def _was_replaced_there(world: World, given: tuple[VersionId, str, str]) -> bool:
    one, name, text = given
    return any(edit.name == name and edit.at > world.written[one] and text in edit.old for edit in world.web_edits)


def _was_replaced_here(world: World, model: Model, one: VersionId, name: str) -> bool:
    people = [(other, version) for other, version in world.versions.items() if other not in world.bodies]
    later = [
        other
        for other, version in people
        if version.op == RETRACT or (version.op in (PUT, RESOLVE) and name in (*version.set, *version.unset))
    ]
    return any(one in model.follows(other, name) for other in later)


def _assigned(version: Version) -> list[tuple[str, str]]:
    given = [(name, content_text(value)) for name, value in version.set.items()]
    return given + [(name, "") for name in version.unset]


def _shown(strand: StrandState, name: str) -> set[str]:
    return {_choice_text(choice) for choice in strand.fields[name].choices} if name in strand.fields else {""}


def _choice_text(choice: Choice) -> str:
    return "" if choice.content is None else content_text(choice.content)


# --- conflicts --------------------------------------------------------------------------------------------------------


def needless_conflicts(world: World) -> list[str]:
    """Fields in conflict though who gave one value had seen the server hold the other one in that very state.

    Where nobody edits at the server, every value there is ours, and one that observations alone give needless.
    """
    strand = record_state(world.versions).strands[0]
    is_ours_alone = not (world.care.edit or world.care.drop or world.care.forget)
    return [
        name
        for name in strand.conflicts
        if any(is_ours_alone and _is_observed_only(world, choice) for choice in strand.fields[name].choices)
        or _is_seen_by_ours(world, strand.fields[name].choices)
    ]


def _is_observed_only(world: World, choice: Choice) -> bool:
    return all(world.versions[one].op == OBSERVE for one in choice.given_by)


def _is_seen_by_ours(world: World, choices: tuple[Choice, ...]) -> bool:
    ours = {one for choice in choices for one in choice.given_by if world.versions[one].op != OBSERVE}
    history = History(world.versions)
    for choice in choices:
        if _is_observed_only(world, choice):
            serials = {world.serials[one] for one in choice.given_by}
            others = ours.difference(choice.given_by)
            if any(world.serials.get(below) in serials for one in others for below in history.past((one,))):
                return True
    return False


def outlived_conflicts(world: World) -> list[str]:
    """Fields in conflict with a value that was only ever seen at the server, and by the last look was there no more."""
    strand = record_state(world.versions).strands[0]
    history = History(world.versions)
    last = last_observations(world.versions, SERVER)
    below = {one: history.past((one,)) for one in last}
    if strand.is_deleted or any(world.bodies[one] is None for one in last):
        return []
    outlived = []
    for name in strand.conflicts:
        for choice in strand.fields[name].choices:
            givers, text = set(choice.given_by), _choice_text(choice)
            is_gone = all(
                (world.bodies[one] or {}).get(name, "") != text and givers <= below[one].keys() for one in last
            )
            if text and is_gone and _is_observed_only(world, choice):
                outlived.append(name)
    return outlived
