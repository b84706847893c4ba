"""Histories of one record as people, gateways and strangers might have written them, for property tests.

A history is drawn as a list of steps that name earlier versions by how far back they are, so that a failing one
shrinks to a few steps. Nothing keeps the steps sensible: versions follow any earlier ones, observations find anything.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hypothesis import strategies as st

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import AuthorId, VersionId
from edenmesh.core.records import OBSERVE, PUT, RESOLVE, RETRACT, Removal, Value, Version, owned_uuid, write

TABLE = "org_facility"
OUTSIDE_UUID = "urn:uuid:5b1d1a7e-0000-4000-8000-000000000001"
NEWER = "weigh"
FIELDS = ("name", "status")
LISTS = ("needs", "langs")
VALUES: tuple[Value, ...] = ("1", 1, "2", "3")
MADE = 1_790_000_000_000
DESTINATIONS = (bytes([0xD1]) * 32, bytes([0xD2]) * 32)


class Step(NamedTuple):
    """One version to write; `back`, `found`, `ends`, `after`, `undoes` say how many versions ago those it names stand.

    `body` tells bodies apart; `made` is the minute that the writer's clock showed, right or wrong.
    """

    op: str
    author: int
    made: int
    back: tuple[int, ...]
    set: Mapping[str, Value]
    unset: frozenset[str]
    add: Mapping[str, Value]
    remove: frozenset[str]
    found: Mapping[str, int]
    after: tuple[int, ...]
    destination: int
    undoes: tuple[int, ...] = ()
    ends: Mapping[str, int] = {}
    body: int = 0


class Written(NamedTuple):
    """A history: its versions in the order they were written, and which of them do not count."""

    versions: dict[VersionId, Version]
    uncounted: frozenset[VersionId]


_backs = st.integers(min_value=1, max_value=5)
_steps = st.builds(
    Step,
    op=st.sampled_from((*[PUT] * 6, *[OBSERVE] * 4, *[RESOLVE] * 3, *[RETRACT] * 3, NEWER)),
    author=st.integers(min_value=0, max_value=2),
    made=st.integers(min_value=0, max_value=20),
    back=st.one_of(*[st.lists(_backs, min_size=1, max_size=3)] * 4, st.just([])).map(tuple),
    set=st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(VALUES), max_size=2),
    unset=st.frozensets(st.sampled_from(FIELDS), max_size=1),
    add=st.dictionaries(st.sampled_from(LISTS), st.sampled_from(VALUES), max_size=1),
    remove=st.frozensets(st.sampled_from(LISTS), max_size=1),
    found=st.dictionaries(st.sampled_from((*FIELDS, LISTS[0])), _backs, max_size=2),
    after=st.lists(_backs, max_size=1).map(tuple),
    destination=st.integers(min_value=0, max_value=1),
    undoes=st.one_of(st.just(()), st.lists(_backs, min_size=1, max_size=2).map(tuple)),
    ends=st.dictionaries(st.sampled_from(FIELDS), _backs, max_size=1),
    body=st.integers(min_value=0, max_value=1),
)


_edits = st.builds(
    Step,
    op=st.sampled_from((*[PUT] * 4, *[RESOLVE] * 4, RETRACT, OBSERVE)),
    author=st.integers(min_value=0, max_value=2),
    made=st.integers(min_value=0, max_value=20),
    back=st.lists(st.integers(min_value=1, max_value=3), min_size=1, max_size=2).map(tuple),
    set=st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(VALUES), max_size=2),
    unset=st.frozensets(st.sampled_from(FIELDS), max_size=1),
    add=st.dictionaries(st.sampled_from(LISTS), st.sampled_from(VALUES), max_size=1),
    remove=st.frozensets(st.sampled_from(LISTS), max_size=1),
    found=st.just({}),
    after=st.just(()),
    destination=st.just(0),
    ends=st.just({}),
    body=st.just(0),
    undoes=st.one_of(st.just(()), *[st.lists(_backs, min_size=1, max_size=2).map(tuple)] * 3),
)


@st.composite
def edited_records(draw: st.DrawFn, steps_max: int = 12) -> Written:
    """Whole histories of one strand in which everything counts, and people often take back what was done."""
    first = draw(_edits)._replace(op=PUT)
    steps = draw(st.lists(_edits, min_size=3, max_size=steps_max - 1))
    steps = [one._replace(back=tuple(min(back, count) for back in one.back)) for count, one in enumerate(steps, 1)]
    return Written(write_history([first, *steps], is_owned=True), frozenset())


@st.composite
def closed_records(draw: st.DrawFn, steps_max: int = 8) -> Written:
    """Histories of one strand that somebody ends who saw all of it, by a retract or by taking back what he saw."""
    first = draw(_edits)._replace(op=PUT)
    steps = draw(st.lists(_edits, min_size=1, max_size=steps_max - 2))
    last = draw(_edits)._replace(op=draw(st.sampled_from((RESOLVE, RETRACT))), undoes=(1,), made=1)
    last = last._replace(back=tuple(range(1, len(steps) + 2)))
    return Written(write_history([first, *steps, last], is_owned=True), frozenset())


@st.composite
def plain_records(draw: st.DrawFn, steps_max: int = 6) -> Written:
    """A first version and edits of it by people who saw nothing else; now and then the last does more than set."""
    first = draw(_edits)._replace(op=draw(st.sampled_from((PUT, PUT, OBSERVE))), add={}, undoes=())
    edits = [
        one._replace(op=PUT, back=(number,), unset=frozenset(), add={}, remove=frozenset(), undoes=())
        for number, one in enumerate(draw(st.lists(_edits, max_size=steps_max - 2)), 1)
    ]
    last = draw(st.one_of(*[st.just([])] * 3, st.lists(_edits, min_size=1, max_size=1)))
    written = write_history([first, *edits, *last], is_owned=True)
    return Written({one: written[one] for one in draw(st.permutations(list(written)))}, frozenset())


@st.composite
def torn_records(draw: st.DrawFn, steps_max: int = 12) -> Written:
    """Histories of one strand in which two give all fields at once, and a third who saw both gives one field again."""
    first, left, right, joining = (draw(_edits)._replace(op=PUT, unset=frozenset(), undoes=()) for _ in range(4))
    values = draw(st.permutations(("1", "2", "3")))
    left = left._replace(back=(1,), set=dict.fromkeys(FIELDS, values[0]))
    right = right._replace(back=(2,), set=dict.fromkeys(FIELDS, values[1]))
    joining = joining._replace(back=(1, 2), set={draw(st.sampled_from(FIELDS)): values[2]})
    further = draw(st.lists(_edits, max_size=steps_max - 4))
    return Written(write_history([first, left, right, joining, *further], is_owned=True), frozenset())


@st.composite
def histories(draw: st.DrawFn, steps_max: int = 12) -> Written:
    """Whole histories, some of whose versions may not count."""
    steps = draw(st.lists(_steps, min_size=1, max_size=steps_max))
    closing = draw(st.sampled_from((PUT, RESOLVE, RETRACT, "")))
    if closing:
        steps[-1] = steps[-1]._replace(op=closing, back=tuple(range(1, len(steps))))
    written = write_history(steps, is_owned=draw(st.booleans()))
    ids = sorted(written)
    picked = draw(st.frozensets(st.integers(min_value=0, max_value=len(ids) - 1), max_size=3))
    return Written(written, frozenset(ids[one] for one in picked))


@st.composite
def partial_histories(draw: st.DrawFn, steps_max: int = 12) -> Written:
    """Histories as a device may hold them: some versions have not come, and what follows them waits."""
    whole = draw(histories(steps_max))
    ids = sorted(whole.versions)
    lost = draw(st.frozensets(st.integers(min_value=0, max_value=len(ids) - 1), max_size=min(3, len(ids) - 1)))
    held = {one: version for one, version in whole.versions.items() if ids.index(one) not in lost}
    return Written(held, whole.uncounted)


def write_history(steps: list[Step], *, is_owned: bool) -> dict[VersionId, Version]:
    """Write the steps one after the other; the first, where `is_owned`, owns the record's uuid."""
    uuid = owned_uuid(_author(steps[0].author), 0, _salt(0), TABLE) if is_owned else OUTSIDE_UUID
    versions: dict[VersionId, Version] = {}
    for seq, step in enumerate(steps):
        carried = write(_version(step, seq, uuid, versions))
        versions[carried.id] = carried.version
    return versions


def _version(step: Step, seq: int, uuid: str, versions: Mapping[VersionId, Version]) -> Version:
    earlier = list(versions)
    parents = sorted({earlier[-back] for back in step.back if back <= len(earlier)})
    op = step.op if parents or step.op in (PUT, OBSERVE, NEWER) else PUT
    is_silent = op == RETRACT or (bool(step.undoes) and op == RESOLVE and step.made % 4 > 0)
    removals = {name: _removals(name, parents, versions) for name in step.remove} if parents and not is_silent else {}
    about = _about(step, earlier) if op == OBSERVE else {}
    if op == RESOLVE and step.undoes:
        about = _undoes(step, parents, versions)
    return Version(
        about=about,
        add={} if is_silent else {name: [item] for name, item in step.add.items()},
        author=_author(step.author),
        format=1,
        made=MADE + step.made * 60_000,
        op=op,
        parents=[*parents],
        remove={name: removals for name, removals in removals.items() if removals},
        salt=_salt(seq),
        seq=seq,
        set={} if is_silent else dict(step.set),
        table=TABLE,
        unset=sorted(step.unset - step.set.keys()) if parents and not is_silent else [],
        uuid=uuid,
    )


def _removals(name: str, parents: list[VersionId], versions: Mapping[VersionId, Version]) -> list[Removal]:
    """A removal of each item that a parent or any version before it added; some it cannot have seen."""
    adders: dict[Value, list[bytes]] = {}
    for one, version in versions.items():
        for item in version.add.get(name, ()):
            if one in parents or one < parents[0]:
                adders.setdefault(item, []).append(one)
    return [Removal(item, sorted(seen)) for item, seen in adders.items()]


def _about(step: Step, earlier: list[VersionId]) -> dict[str, Plain]:
    about: dict[str, Plain] = {"body": bytes([step.body]) * 32, "destination": DESTINATIONS[step.destination]}
    ends: dict[str, Plain] = {name: [earlier[-back]] for name, back in step.ends.items() if back <= len(earlier)}
    if ends:
        about["ends"] = ends
    found: dict[str, Plain] = {name: [earlier[-back]] for name, back in step.found.items() if back <= len(earlier)}
    after: list[Plain] = [earlier[-back] for back in step.after if back <= len(earlier)]
    if found:
        about["found"] = found
    if after:
        about["after"] = after
    return about


def _undoes(step: Step, parents: list[VersionId], versions: Mapping[VersionId, Version]) -> dict[str, Plain]:
    """Mostly what the writer saw and may undo, sometimes what nobody may."""
    seen = set[bytes](parents)
    for one in reversed(list(versions)):
        seen.update(versions[one].parents if one in seen else ())
    fitting = [one for one in versions if one in seen and versions[one].parents and versions[one].op != OBSERVE]
    named = fitting if fitting and step.made % 5 else list(versions)
    return {"undoes": list[Plain](sorted({named[-back % len(named)] for back in step.undoes}))}


def _author(number: int) -> AuthorId:
    return AuthorId(bytes([0xA0 + number]) * 32)


def _salt(seq: int) -> bytes:
    return seq.to_bytes(16, "big")


def following(
    versions: Mapping[VersionId, Version],
    parents: Iterable[bytes],
    *,
    op: str = PUT,
    values: Mapping[str, Value] | None = None,
    made: int = 0,
    about: Mapping[str, Plain] | None = None,
) -> tuple[VersionId, dict[VersionId, Version]]:
    """The history with one more version, whose id comes first."""
    one = next(iter(versions.values()))
    carried = write(
        Version(
            about=dict(about or {}),
            author=_author(0),
            format=1,
            made=MADE + made * 60_000,
            op=op,
            parents=sorted(parents),
            salt=_salt(1000 + len(versions)),
            seq=1000 + len(versions),
            set=dict(values or {}),
            table=one.table,
            uuid=one.uuid,
        )
    )
    return carried.id, {**versions, carried.id: carried.version}
