"""Families as people, gateways and strangers might have written them: several strands, and decisions about them.

A world is drawn as a list of steps that name earlier versions and strands by number, so that a failing one shrinks to
a few steps. Nothing keeps the steps sensible: decisions name any strands, and follow any versions.
"""

from collections.abc import Mapping
from typing import NamedTuple

from hypothesis import strategies as st

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import AuthorId, VersionId
from edenmesh.core.records import OBSERVE, PUT, RESOLVE, RETRACT, Value, Version, left_uuid, owned_uuid, write
from tests.oracle.histories import DESTINATIONS, MADE, OUTSIDE_UUID, TABLE, Written

FIRST, EDIT, SAME, DIFFERENT, UNDO, SEE = "first", "edit", "same", "different", "undo", "see"
FIELDS = ("name", "status")


class Step(NamedTuple):
    """One version: `strands` and `seen` are numbers of first versions and of versions, counted round."""

    does: str
    author: int
    strands: tuple[int, ...]
    seen: tuple[int, ...]
    sees_all: bool
    value: int
    uuid: int
    is_marked: bool


_numbers = st.integers(min_value=0, max_value=6)
_steps = st.builds(
    Step,
    does=st.sampled_from((FIRST, EDIT, EDIT, SAME, SAME, *[DIFFERENT] * 4, *[UNDO] * 3, SEE, SEE, RETRACT)),
    author=st.integers(min_value=0, max_value=2),
    strands=st.lists(_numbers, min_size=2, max_size=3).map(tuple),
    seen=st.lists(_numbers, max_size=2).map(tuple),
    sees_all=st.sampled_from((True, True, False)),
    value=st.integers(min_value=0, max_value=2),
    uuid=st.sampled_from((0, 0, 0, 1, 2)),
    is_marked=st.booleans(),
)


@st.composite
def families(draw: st.DrawFn, steps_max: int = 14) -> Written:
    """Whole families, some of whose versions may not count."""
    steps = [step._replace(does=FIRST) for step in draw(st.lists(_steps, min_size=2, max_size=3))]
    steps += draw(st.lists(_steps, min_size=2, max_size=steps_max - len(steps)))
    versions = write_family(steps, is_owned=draw(st.booleans()))
    ids = sorted(versions)
    picked = draw(st.frozensets(st.integers(min_value=0, max_value=len(ids) - 1), max_size=2))
    return Written(versions, frozenset(ids[one] for one in picked))


@st.composite
def partial_families(draw: st.DrawFn, steps_max: int = 14) -> Written:
    """Families as a device may hold them: some versions have not come, and what follows them waits."""
    whole = draw(families(steps_max))
    ids = sorted(whole.versions)
    lost = draw(st.frozensets(st.integers(min_value=0, max_value=len(ids) - 1), max_size=1))
    return Written({one: v for one, v in whole.versions.items() if ids.index(one) not in lost}, whole.uncounted)


def write_family(steps: list[Step], *, is_owned: bool) -> dict[VersionId, Version]:
    """Write the steps one after the other; the first strand, where `is_owned`, owns the uuid."""
    uuid = owned_uuid(_author(steps[0].author), 0, _salt(0), TABLE) if is_owned else OUTSIDE_UUID
    versions: dict[VersionId, Version] = {}
    for seq, step in enumerate(steps):
        carried = write(_version(step, seq, uuid, versions))
        versions[carried.id] = carried.version
    return versions


def firsts_of(versions: Mapping[VersionId, Version]) -> list[VersionId]:
    """The versions without parents, in the order they were written."""
    return [one for one, version in versions.items() if not version.parents]


def _version(step: Step, seq: int, uuid: str, versions: Mapping[VersionId, Version]) -> Version:
    known, firsts = list(versions), firsts_of(versions)
    named = sorted({firsts[number % len(firsts)] for number in step.strands}) if firsts else []
    seen = {known[-1 - number % len(known)] for number in step.seen} if known else set[VersionId]()
    if step.does in (SAME, DIFFERENT) and step.is_marked:
        # Made at once with others: it has seen no more than the strands it names.
        seen = set(named)
    elif step.sees_all:
        seen.update(_heads(versions))
    does = step.does if seen or step.does in (FIRST, SEE) else FIRST
    about, op, values = _said(step, does, named, versions)
    if step.uuid and firsts:
        uuid = left_uuid(firsts[step.strands[0] % len(firsts)])
        uuid = left_uuid(VersionId(bytes(32))) if step.uuid == 2 and does == SAME else uuid
    if does == FIRST or (does == SEE and not step.is_marked and not step.sees_all):
        seen = set()
    return Version(
        about=about,
        author=_author(step.author),
        format=1,
        made=MADE + seq,
        op=op,
        parents=sorted(seen),
        salt=_salt(seq),
        seq=seq,
        set=values,
        table=TABLE,
        uuid=uuid,
    )


def _said(
    step: Step, does: str, named: list[VersionId], versions: Mapping[VersionId, Version]
) -> tuple[dict[str, Plain], str, dict[str, Value]]:
    about: dict[str, Plain] = {}
    values: dict[str, Value] = {FIELDS[step.strands[0] % 2]: str(step.value)}
    if does == SAME and len(named) > 1:
        return {"same": list[Plain](named)}, RESOLVE, {}
    if does == DIFFERENT and len(named) > 1:
        keeper = named[step.value % len(named)]
        return {"keeps": keeper, "leaves": [one for one in named if one != keeper]}, RESOLVE, {}
    if step.is_marked and named and does != FIRST:
        about["strand"] = named[0]
    if does == UNDO:
        decisions = [one for one, version in versions.items() if version.op == RESOLVE]
        if decisions:
            return {**about, "undoes": [decisions[-1 - step.value % len(decisions)]]}, RESOLVE, {}
    if does == SEE:
        return {**about, "body": bytes([step.value]) * 32, "destination": DESTINATIONS[0]}, OBSERVE, values
    if does == RETRACT:
        return about, RETRACT, {}
    return about, PUT, values


def _heads(versions: Mapping[VersionId, Version]) -> set[VersionId]:
    followed = {parent for version in versions.values() for parent in version.parents}
    return {one for one in versions if one not in followed}


def _author(number: int) -> AuthorId:
    return AuthorId(bytes([0xA0 + number]) * 32)


def _salt(seq: int) -> bytes:
    return seq.to_bytes(16, "big")
