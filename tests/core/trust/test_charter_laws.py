"""What must hold for every charter, however it came about, against an independent model; and how much was seen."""

from collections import Counter
from collections.abc import Iterable
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from edenmesh.core.ids import AuthorId, DeviceId, MeshId
from edenmesh.core.trust import Admit, Charter, CharterEntry, Revoke, Roles
from tests.oracle.charter_model import Verdict, is_taking, judge
from tests.oracle.charter_worlds import DEVICES, Step, World, author, device, random_steps, random_world, steps

WORLDS = st.builds(World, steps, st.integers(0, 3))


def disagreement(entries: Iterable[CharterEntry], mesh: MeshId) -> str:
    """The first thing on which the program and the model differ; empty where they agree."""
    entries = list(entries)
    charter, model = Charter.of(entries, mesh), judge(entries, mesh)
    if set(charter.entries) != model.kept or set(charter.waiting) != model.waiting or charter.refused != model.refused:
        return "which entries belong"
    if charter.taken != model.taken:
        return "which entries are taken"
    if charter.struck != model.struck:
        return "which entries are struck"
    if {one: _member(charter, one) for one in charter.members} != model.members:
        return "the members"
    return _disagreement_on_authors(charter, model)


def _member(charter: Charter, one: DeviceId) -> tuple[bool, bool, frozenset[bytes], frozenset[str]]:
    member = charter.members[one]
    roles = {"steward": member.is_steward, "introducer": member.is_introducer, "gateway": member.is_gateway}
    now = frozenset(role for role, is_given in roles.items() if is_given)
    assert now == {role for role in roles if charter.may(one, role)}
    return member.is_revoked, member.has_left, frozenset(member.authors), now


def _disagreement_on_authors(charter: Charter, model: Verdict) -> str:
    for number in range(DEVICES):
        for turn in range(4):
            name = AuthorId(author(number, turn).public_key)
            standing = charter.standing(name)
            is_certified, devices, cuts = model.authors.get(name, (False, {None}, frozenset()))
            if standing.device not in devices:
                return "whose author it is"
            if standing.is_certified != is_certified:
                return "whether an author is certified"
            if frozenset(frozenset(heads) for heads in standing.cuts or ()) != cuts:
                return "where an author is cut"
    return ""


def in_force(charter: Charter) -> frozenset[bytes]:
    return charter.taken - charter.struck


@settings(max_examples=150)
@given(WORLDS, st.randoms(use_true_random=False))
def test_the_charter_means_what_the_model_says(world: World, random: Random) -> None:
    entries = list(world.entries.values())
    random.shuffle(entries)
    assert disagreement(entries, world.mesh) == ""
    assert disagreement(entries[: random.randrange(len(entries) + 1)], world.mesh) == ""


def test_many_long_charters_mean_what_the_model_says_and_exercise_every_rule() -> None:
    seen: Counter[str] = Counter()
    for seed in range(300):
        world = random_world(seed)
        entries = list(world.entries.values())
        assert disagreement(entries, world.mesh) == "", seed
        charter = Charter.of(entries)
        takings = {one for one in charter.taken if is_taking(charter.entries[one])}
        seen["entries"] += len(entries)
        seen["refused"] += len(charter.refused)
        seen["kept without effect"] += len(charter.entries) - len(charter.taken) - len(charter.unknown)
        seen["taken"] += len(charter.taken)
        seen["struck"] += len(charter.struck - takings)
        seen["takings"] += len(takings)
        seen["struck takings"] += len(charter.struck & takings)
        seen["with a point"] += sum(bool(charter.entries[one].body.get("point")) for one in takings)
        seen["unknown"] += len(charter.unknown)
        seen["revoked"] += sum(member.is_revoked for member in charter.members.values())
        seen["left"] += sum(member.has_left for member in charter.members.values())
        seen["concurrent"] += len(charter.heads) > 1
    least = {
        "entries": 4000,
        "refused": 800,
        "kept without effect": 200,
        "taken": 2000,
        "struck": 150,
        "takings": 400,
        "struck takings": 15,
        "with a point": 100,
        "unknown": 30,
        "revoked": 130,
        "left": 50,
        "concurrent": 150,
    }
    assert {what: count for what, count in seen.items() if count < least[what]} == {}


@settings(max_examples=60)
@given(WORLDS, st.randoms(use_true_random=False))
def test_the_meaning_does_not_depend_on_the_order_in_which_entries_come(world: World, random: Random) -> None:
    entries = list(world.entries.values())
    whole = Charter.of(entries)
    random.shuffle(entries)
    grown = Charter.of([], world.mesh)
    while entries:
        size = random.randrange(1, 4)
        # Those that wait are kept by the charter; those refused are handed in again by somebody later.
        grown = grown.extended(entries[:size])
        entries = entries[size:]
    grown = grown.extended(world.entries.values())
    assert list(grown.entries) == list(whole.entries)
    assert (grown.hash, grown.heads, grown.taken, grown.struck) == (whole.hash, whole.heads, whole.taken, whole.struck)
    assert grown.members == whole.members
    assert not grown.waiting


@settings(max_examples=60)
@given(steps, st.integers(0, 3))
def test_what_is_kept_and_taken_stays_so_and_only_a_taking_strikes(played: list[Step], stewards: int) -> None:
    world = World(stewards=stewards)
    charter = Charter.of(world.entries.values())
    for step in played:
        entry = world.play(step)
        if entry is None:
            continue
        after = charter.extended([entry])
        assert set(charter.entries) <= set(after.entries)
        assert charter.taken == after.taken - {entry.id}
        if not (entry.id in after.taken and is_taking(entry)):
            assert in_force(charter) == in_force(after) - {entry.id}
        charter = after


def test_no_entry_brings_a_revoked_device_back() -> None:
    tried = 0
    for seed in range(60):
        random = Random(seed)
        world = World(random_steps(random, 30), stewards=3)
        charter = Charter.of(world.entries.values())
        revoked = [number for number in range(DEVICES) if charter.is_revoked(DeviceId(device(number).public_key))]
        world.heard = [frozenset(bytes(one) for one in charter.entries)] * DEVICES
        for number in revoked:
            key = device(number).public_key
            names = tuple(sorted(author(number, turn).public_key for turn in range(2)))
            for actor in {0, 1, 2} - {number}:
                world.write(Admit(authors=names, device=key, introducer=True, name="back"), actor, number)
                world.write(Roles(device=key, give=("gateway", "introducer", "steward")), actor)
            tried += 1
        after = Charter.of(world.entries.values())
        for number in revoked:
            gone = DeviceId(device(number).public_key)
            assert after.is_revoked(gone)
            assert not after.is_member(gone)
            assert not any(after.may(gone, right) for right in ("founder", "steward", "introducer", "gateway"))
            for turn in range(4):
                standing = after.standing(AuthorId(author(number, turn).public_key))
                assert standing.cuts or not standing.is_certified
    assert tried > 30


def test_a_taking_spares_what_its_signer_had_seen() -> None:
    """A revocation without an earlier point, made by one who has heard everything, strikes nothing."""
    revoked = 0
    for seed in range(40):
        random = Random(seed)
        world = World(random_steps(random, 25), stewards=3)
        charter = Charter.of(world.entries.values())
        if not charter.may(DeviceId(device(0).public_key), "steward"):
            continue
        world.heard[0] = frozenset(bytes(one) for one in charter.entries)
        for number in range(1, DEVICES):
            world.write(Revoke(device=device(number).public_key, seals=()), 0)
            revoked += 1
        after = Charter.of(world.entries.values())
        assert in_force(charter) <= in_force(after)
    assert revoked > 100
