"""What must hold for every charter, however it came about, against an independent model; and how much was seen."""

from collections import Counter
from collections.abc import Iterable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edenmesh.core.ids import AuthorId, DeviceId, EntryId, MeshId
from edenmesh.core.trust import (
    FOUNDER,
    GATEWAY,
    INTRODUCER,
    STEWARD,
    Admit,
    Charter,
    CharterEntry,
    Revoke,
    Roles,
)
from edenmesh.core.trust import charter as charters
from edenmesh.core.trust.lineage import closure
from tests.oracle.charter_draws import random_council, random_succession, random_teams, random_union, random_world
from tests.oracle.charter_model import is_taking
from tests.oracle.charter_verdict import Verdict, judge, room
from tests.oracle.charter_worlds import DEVICES, Step, World, author, device, random_steps, steps

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
    if frozenset(charter.meshes) != model.meshes:
        return "the meshes"
    return _disagreement_on_authors(charter, model) or _disagreement_on_decisions(charter, model)


def _member(charter: Charter, one: DeviceId) -> tuple[bool, bool, frozenset[bytes], frozenset[str]]:
    member = charter.members[one]
    roles = {"steward": member.is_steward, "introducer": member.is_introducer, "gateway": member.is_gateway}
    now = frozenset(role for role, is_given in roles.items() if is_given)
    assert now == {role for role in roles if charter.may(one, role)}
    now |= {FOUNDER} if charter.may(one, FOUNDER) else set()
    return member.is_revoked, member.has_left, frozenset(member.authors), now


def _disagreement_on_authors(charter: Charter, model: Verdict) -> str:
    for number in range(DEVICES):
        for turn in range(4):
            name = AuthorId(author(number, turn).public_key)
            standing = charter.standing(name)
            is_certified, devices, cuts, accepts = model.authors.get(name, (False, {None}, frozenset(), frozenset()))
            if standing.device not in devices:
                return "whose author it is"
            if standing.is_certified != is_certified:
                return "whether an author is certified"
            if frozenset(frozenset(heads) for heads in standing.cuts or ()) != cuts:
                return "where an author is cut"
            if frozenset(standing.accepts) != accepts:
                return "what is accepted of an author"
            if charter.is_gateway(name) != (is_certified and standing.device in model.gateways):
                return "whose observations may be receipts"
    return ""


def _disagreement_on_decisions(charter: Charter, model: Verdict) -> str:
    destinations = {
        name: frozenset(one.entry for one in (pinned, *pinned.rivals)) for name, pinned in charter.destinations.items()
    }
    if destinations != model.destinations:
        return "which destinations are pinned"
    if charter.current_forms.keys() != model.forms.keys():
        return "which tables have a form"
    if any(form not in model.forms[table] for table, form in charter.current_forms.items()):
        return "which form a table has"
    if {one.entry: (one.is_confirmed, one.salt) for one in charter.erasures} != model.erasures:
        return "what is erased"
    if {one.entry: one.why for one in charter.asked} != model.asked:
        return "what is asked to be erased"
    return ""


def crowding(world: World, limit: int) -> str:
    """What is wrong with a charter that has room for so few; empty where the right ones are in."""
    entries = list(world.entries.values())
    whole = Charter.of(entries, world.mesh)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charters, "CHARTER_ENTRIES_MAX", limit)
        small = Charter.of(entries, world.mesh)
        again = Charter.of(small.entries.values(), world.mesh)
    if set(small.entries) | small.left_out != set(whole.entries) or small.refused != whole.refused:
        return "what is left out"
    if (again.hash, again.taken, again.struck) != (small.hash, small.taken, small.struck) or again.left_out:
        return "what a charter means that was stored"
    if set(small.entries) != room(entries, world.mesh, limit):
        return "which entries have room"
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
    for seed in range(120):
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
        "entries": 1500,
        "refused": 400,
        "kept without effect": 100,
        "taken": 700,
        "struck": 40,
        "takings": 100,
        "struck takings": 2,
        "with a point": 25,
        "unknown": 10,
        "revoked": 40,
        "left": 15,
        "concurrent": 50,
    }
    assert {what: count for what, count in seen.items() if count < least[what]} == {}


def test_what_stewards_decide_means_what_the_model_says() -> None:
    seen: Counter[str] = Counter()
    for seed in range(70):
        world = random_council(seed)
        assert disagreement(world.entries.values(), world.mesh) == "", seed
        charter = Charter.of(world.entries.values())
        decided = {one: charter.entries[one].kind for one in charter.taken}
        seen.update(decided.values())
        seen.update(f"struck {decided[one]}" for one in charter.struck)
        seen["without effect"] += len(charter.entries) - len(charter.taken)
        seen["confirmed"] += sum(one.is_confirmed for one in charter.erasures)
        seen["rivals"] += sum(len(one.rivals) for one in charter.destinations.values())
    least = {
        "accept": 100,
        "destination": 100,
        "form": 100,
        "erase": 100,
        "ask": 20,
        "confirm": 20,
        "confirmed": 10,
        "rivals": 8,
        "without effect": 200,
        "struck erase": 5,
        "struck destination": 5,
        "struck accept": 5,
    }
    assert {what: count for what, count in seen.items() if count < least.get(what, 0)} == {}
    assert least.keys() <= seen.keys()


@settings(max_examples=60)
@given(st.builds(World, steps, st.integers(1, 2), teams=st.just(True)), st.randoms(use_true_random=False))
def test_meshes_that_continue_others_mean_what_the_model_says(world: World, random: Random) -> None:
    entries = list(world.entries.values())
    random.shuffle(entries)
    for mesh in world.meshes:
        assert disagreement(entries, mesh) == ""
        assert disagreement(entries[: random.randrange(len(entries) + 1)], mesh) == ""


def test_many_teams_that_become_one_mean_what_the_model_says() -> None:
    seen: Counter[str] = Counter()
    for seed in range(40):
        world = random_union(seed) if seed % 2 else random_teams(seed)
        for mesh in world.meshes:
            assert disagreement(world.entries.values(), mesh) == "", seed
            charter = Charter.of(world.entries.values(), mesh)
            seen["succession"] += len(charter.meshes) == 2
            seen["union"] += len(charter.meshes) > 2
            seen["refused"] += not charter.entries
            seen["struck"] += len(charter.struck)
            seen["entries"] += len(charter.entries)
            founder_takings = [one for one in charter.taken if is_taking(charter.entries[one])]
            seen["takings across"] += sum(charter.entries[one].mesh != mesh for one in founder_takings)
    least = {"succession": 5, "union": 15, "refused": 3, "struck": 8, "entries": 700, "takings across": 15}
    assert {what: seen[what] for what in least if seen[what] < least[what]} == {}


def test_many_successions_mean_what_the_model_says() -> None:
    seen: Counter[str] = Counter()
    for seed in range(40):
        world = random_succession(seed)
        for mesh in world.meshes:
            assert disagreement(world.entries.values(), mesh) == "", seed
        charter = Charter.of(world.entries.values(), world.meshes[-1])
        struck = [charter.entries[one] for one in charter.struck]
        seen["succession"] += len(charter.meshes) > 1
        seen["struck"] += len(struck)
        seen["struck from above"] += sum(entry.mesh != charter.mesh for entry in struck)
        seen["struck takings of the old founder"] += sum(
            entry.mesh != charter.mesh and is_taking(entry) and entry.actor == device(0).public_key for entry in struck
        )
    least = {"succession": 30, "struck": 50, "struck from above": 20, "struck takings of the old founder": 8}
    assert {what: seen[what] for what in least if seen[what] < least[what]} == {}


def test_founding_a_mesh_on_others_changes_nothing_of_what_is_below() -> None:
    continued = 0
    for seed in range(60):
        world = random_union(seed) if seed % 2 else random_teams(seed)
        for one in world.meshes:
            whole = Charter.of(world.entries.values(), one)
            if len(whole.meshes) < 2:
                continue
            continued += 1
            fresh = whole.below([EntryId(one)])
            found = whole.entries[EntryId(one)]
            old = [
                _as_seen_by(whole, found, mesh) for mesh in {whole.entries[EntryId(up)].mesh for up in found.parents}
            ]
            assert in_force(fresh) == {found.id}.union(*map(in_force, old))
            assert set(fresh.members) == {DeviceId(found.actor)}.union(*(charter.members for charter in old))
            for member in fresh.members:
                assert fresh.is_revoked(member) == any(charter.is_revoked(member) for charter in old)
                belonged = any(charter.is_member(member) for charter in old) or member == found.actor
                assert fresh.is_member(member) == (belonged and not fresh.is_revoked(member))
                roles = (STEWARD, INTRODUCER, GATEWAY)
                had = {role for role in roles if any(charter.may(member, role) for charter in old)}
                if fresh.is_member(member) and member != found.actor:
                    assert {role for role in roles if fresh.may(member, role)} >= had
                    assert not fresh.may(member, FOUNDER)
    assert continued > 40


def _as_seen_by(whole: Charter, found: CharterEntry, mesh: MeshId) -> Charter:
    """One of the meshes that were continued, as far as the founding rests on it."""
    heads = [EntryId(one) for one in found.parents if whole.entries[EntryId(one)].mesh == mesh]
    return Charter.of((whole.entries[one] for one in closure(whole.entries, heads)), mesh)


def test_where_there_is_no_room_rank_decides() -> None:
    left_out = 0
    for seed in range(100):
        world = random_world(seed)
        assert crowding(world, 8) == "", seed
        left_out += max(len(Charter.of(world.entries.values()).entries) - 8, 0)
    assert left_out > 200


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
    for seed in range(40):
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
    assert tried > 15


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
