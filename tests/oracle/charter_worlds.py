"""Worlds of devices that write charter entries, lawful or not, while hearing of each other's now and then.

A world is played from a list of steps, so that a failing one shrinks to a few. Each device signs on the heads of what
it has heard of its mesh, or of an older moment where it was cloned; device 0 founds the mesh, the last one is never
told anything but may join in. In a world of `teams` device 3 founds another, and meshes are founded on the heads of
others; who hears of one that continues its own follows, or does not. Keys are fixed.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from random import Random
from typing import Final, NamedTuple, TypeAlias

from hypothesis import strategies as st

from edenmesh.core.encoding import Plain
from edenmesh.core.trust import (
    Accept,
    Admit,
    Ask,
    Certify,
    CharterEntry,
    ChooseForm,
    Confirm,
    DraftEntry,
    Erase,
    Found,
    LastSeal,
    Leave,
    PinDestination,
    Revoke,
    Roles,
    SigningKey,
    destination_id,
    found,
)

DEVICES: Final = 6
ACTIONS: Final = (
    *(("hear", "meet", "admit", "introduce", "take", "revoke") * 4),
    *(("give", "certify") * 3),
    *("leave", "future", "stale"),
    *("accept", "destination", "form", "erase", "confirm", "ask"),
)
TEAM_ACTIONS: Final = (*ACTIONS, *("found", "unite", "unite", "mix", "meet", "meet", "take", "revoke"))
ROLE_LISTS: Final = (
    ("steward",),
    ("introducer",),
    ("gateway",),
    ("introducer", "steward"),
    ("gateway", "weaver"),
)
Act: TypeAlias = (
    Found | Admit | Certify | Leave | Revoke | Roles | Accept | PinDestination | ChooseForm | Erase | Confirm | Ask
)
_SALT: Final = b"salt of the mesh"


class Step(NamedTuple):
    """One thing that happens: an index into the actions, who acts, upon whom, and a number that chooses the rest."""

    action: int
    actor: int
    target: int
    choice: int


steps = st.lists(
    st.builds(
        Step,
        st.integers(0, len(TEAM_ACTIONS) - 1),
        st.integers(0, DEVICES - 1),
        st.integers(0, DEVICES - 1),
        st.integers(0, 15),
    ),
    max_size=40,
)


def random_steps(random: Random, size: int, actions: Sequence[str] = ACTIONS) -> list[Step]:
    return [
        Step(random.randrange(len(actions)), random.randrange(DEVICES), random.randrange(DEVICES), random.randrange(16))
        for _ in range(size)
    ]


@lru_cache
def key(name: str) -> SigningKey:
    """The key that everybody knows by this name."""
    return SigningKey(sha256(f"edenmesh test key {name}".encode()).digest())


def device(number: int) -> SigningKey:
    return key(f"device {number}")


def author(number: int, turn: int = 0) -> SigningKey:
    return key(f"author {number} {turn}")


class World:
    """The devices, what each has heard, and all entries."""

    def __init__(self, steps: Iterable[Step] = (), stewards: int = 0, *, teams: bool = False) -> None:
        """`stewards`: how many of the devices are introduced, made stewards, and have met before the steps begin."""
        first = found("device 0", device(0), author(0), _SALT)
        self.mesh = first.mesh
        self.meshes = [self.mesh]
        self.actions = TEAM_ACTIONS if teams else ACTIONS
        self.entries = {bytes(first.id): first}
        self.heard: list[frozenset[bytes]] = [frozenset(self.entries), *[frozenset[bytes]()] * (DEVICES - 1)]
        self.homes = [self.mesh] * DEVICES
        for number in range(1, stewards + 1):
            self._make_steward(0, number)
        if teams:
            other = found("device 3", device(3), author(3), _SALT)
            self.meshes.append(other.mesh)
            self.heard[3], self.homes[3], self.homes[4] = frozenset(), other.mesh, other.mesh
            self._add(other, 3)
            self._make_steward(3, 4)
        for step in steps:
            self.play(step)

    def play(self, step: Step) -> CharterEntry | None:
        """Let it happen; the entry that was written, if one was."""
        actor, target, choice = step.actor, step.target, step.choice
        match self.actions[step.action % len(self.actions)]:
            case "hear":
                self._hear(actor, self.heard[target], choice)
            case "meet":
                both = self.heard[actor] | self.heard[target]
                self._hear(actor, both, choice)
                self._hear(target, both, choice + 1)
            case "stale":
                self._forget(actor, choice)
            case _ if not self._standing_on(actor):
                return None
            case "future":
                return self._write_unknown(actor, choice)
            case "found":
                return self.refound(target, {actor}, choice)
            case "unite":
                return self.refound(target if choice % 4 else actor, {actor, target}, choice)
            case "mix":
                mixed = Certify(author=author(actor, choice % 4).public_key, device=device(actor).public_key)
                return self.write(mixed, actor, parents=self.heads(self.heard[actor]))
            case action:
                act = self._act(action, actor, target, choice)
                return self.write(act, actor, target) if act is not None else None
        return None

    def write(
        self, act: Act, actor: int, target: int | None = None, *, parents: Iterable[bytes] | None = None
    ) -> CharterEntry:
        """Have a device write an entry on what it has heard of its mesh; the keys that it names sign with it."""
        stands_on = sorted(self.heads(self._standing_on(actor)) if parents is None else parents)
        draft = DraftEntry.of(act, device(actor).public_key, mesh=self.homes[actor], parents=tuple(stands_on))
        entry = draft.signed_by(*(_keys()[one] for one in draft.signers)).completed()
        self._add(entry, actor)
        if isinstance(act, Admit) and target is not None:
            if not self.heard[target]:
                self.homes[target] = self.homes[actor]
            self._hear(target, self.heard[actor], 1)
        return entry

    def refound(self, founder: int, stewards: set[int], choice: int) -> CharterEntry | None:
        """A mesh founded on the heads of those of the stewards; once in a while another than they sign."""
        if not all(self._standing_on(steward) for steward in stewards):
            return None
        parents: set[bytes] = set()
        for steward in stewards:
            parents |= self.heads(self._standing_on(steward))
        signers = {(one + 1) % DEVICES for one in stewards} if choice == 15 else stewards
        act = Found(
            author=author(founder).public_key,
            device=device(founder).public_key,
            name=f"device {founder}",
            salt=bytes([choice]) * 16,
            stewards=tuple(sorted(device(one).public_key for one in signers)),
        )
        draft = DraftEntry.of(act, device(founder).public_key, mesh=b"", parents=tuple(sorted(parents)))
        entry = draft.signed_by(*(_keys()[one] for one in draft.signers)).completed()
        if entry.mesh not in self.meshes:
            self.meshes.append(entry.mesh)
        below = frozenset().union(*(self._below({one}) for one in parents), {bytes(entry.id)})
        self.entries[bytes(entry.id)] = entry
        for one in {founder, *stewards} if choice != 15 else set[int]():
            self.heard[one] |= below
            self.homes[one] = entry.mesh
        return entry

    def heads(self, ids: frozenset[bytes]) -> set[bytes]:
        return set(ids) - {parent for one in ids for parent in self.entries[one].parents}

    def _standing_on(self, number: int) -> frozenset[bytes]:
        """What a device has heard that names its mesh."""
        return frozenset(one for one in self.heard[number] if self.entries[one].mesh == self.homes[number])

    def _hear(self, number: int, ids: frozenset[bytes], choice: int) -> None:
        """Hear entries, and now and then follow into a mesh that continues one's own."""
        had_nothing = not self.heard[number]
        self.heard[number] |= ids
        founds = sorted(one for one in ids if self.entries[one].kind == "found")
        continuing = [one for one in founds if self.homes[number] in self._below({one}) or had_nothing]
        if continuing and choice % 2:
            self.homes[number] = self.entries[continuing[choice % len(continuing)]].mesh

    def _forget(self, number: int, choice: int) -> None:
        """Fall back to an earlier moment: the past of one of the entries heard, and it."""
        if self.heard[number]:
            last = sorted(self.heard[number])[choice % len(self.heard[number])]
            self.heard[number] = self._below({last})
            self.homes[number] = self.entries[last].mesh

    def _below(self, ids: Iterable[bytes]) -> frozenset[bytes]:
        pending = [*ids]
        found: set[bytes] = set()
        while pending:
            one = pending.pop()
            if one not in found:
                found.add(one)
                pending += self.entries[one].parents
        return frozenset(found)

    def _make_steward(self, founder: int, number: int) -> None:
        self.write(self._act("introduce", founder, number, 0) or Leave(device=b""), founder, number)
        self.write(Roles(device=device(number).public_key, give=ROLE_LISTS[0]), founder)
        self.heard[number] = self.heard[founder]

    def _act(self, action: str, actor: int, target: int, choice: int) -> Act | None:
        key = device(target).public_key
        roles = ROLE_LISTS[choice % len(ROLE_LISTS)]
        match action:
            case "admit" | "introduce":
                if actor == target:
                    return None
                names = (author(target).public_key, author(target, choice % 3).public_key)
                authors = tuple(sorted(set(names)))
                return Admit(authors=authors, device=key, introducer=action == "introduce", name=f"device {target}")
            case "give":
                return Roles(device=key, give=roles)
            case "take":
                return Roles(device=key, take=roles, point=self._point(actor, choice))
            case "revoke":
                seals = [
                    LastSeal(author(target, turn).public_key, choice + 1, bytes([choice]) * 32)
                    for turn in range(choice % 3)
                ]
                return Revoke(device=key, seals=tuple(sorted(seals)), point=self._point(actor, choice))
            case "certify":
                mine = device(actor).public_key
                return Certify(author=author(actor, choice % 4).public_key, device=mine)
            case "leave":
                return Leave(device=device(actor).public_key)
            case _:
                return self._decision(action, actor, target, choice)

    def _decision(self, action: str, actor: int, target: int, choice: int) -> Act:
        """What a steward may decide."""
        digest = bytes([choice]) * 32
        match action:
            case "accept":
                return Accept(author=author(target, choice % 4).public_key, root=digest, size=choice + 1)
            case "destination":
                address = f"http{'s' * (choice % 2)}://server{choice % 2}"
                pin = digest * (choice % 2)
                name = f"server {choice}"
                return PinDestination(address=address, destination=destination_id(address), name=name, pin=pin)
            case "form":
                return ChooseForm(form=digest, table=f"table {choice % 2}")
            case "erase":
                return Erase(names=(digest,))
            case "ask":
                return Ask(names=(digest,), why="gone" * (choice % 2))
            case _:
                heard = sorted(self.heard[actor] if choice < 13 else self.entries)
                erasures = [one for one in heard if self.entries[one].kind == "erase"]
                others = [one for one in erasures if self.entries[one].actor != device(actor).public_key]
                chosen = (others if choice < 10 else erasures) or heard
                return Confirm(entry=chosen[choice % len(chosen)])

    def _point(self, actor: int, choice: int) -> tuple[bytes, ...]:
        """Now and then an earlier point, which once in a while is none."""
        if choice < 10:
            return ()
        known = sorted(self.heard[actor] if choice < 15 else self.entries)
        return tuple(sorted({known[choice % len(known)], known[-choice % len(known)]}))

    def _write_unknown(self, actor: int, choice: int) -> CharterEntry:
        parents = sorted(self.heads(self._standing_on(actor)))
        entry = write_unknown(device(actor), self.homes[actor], parents, choice)
        self._add(entry, actor)
        return entry

    def _add(self, entry: CharterEntry, actor: int) -> None:
        self.entries[bytes(entry.id)] = entry
        self.heard[actor] |= {bytes(entry.id)}


def write_unknown(signer: SigningKey, mesh: bytes, parents: Sequence[bytes], choice: int = 0) -> CharterEntry:
    """An entry of a kind that no program knows yet."""
    plain: dict[str, Plain] = {
        "body": {"choice": choice},
        "kind": "weave",
        "mesh": mesh,
        "parents": [*parents],
        "signers": [signer.public_key],
    }
    return DraftEntry(plain, (b"",)).signed_by(signer).completed()


@lru_cache
def _keys() -> dict[bytes, SigningKey]:
    names = [device(number) for number in range(DEVICES)]
    names += [author(number, turn) for number in range(DEVICES) for turn in range(4)]
    return {one.public_key: one for one in names}
