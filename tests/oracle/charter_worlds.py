"""Worlds of devices that write charter entries, lawful or not, while hearing of each other's now and then.

A world is played from a list of steps, so that a failing one shrinks to a few. Each device signs on the heads of what
it has heard, or of an older moment where it was cloned; device 0 founds the mesh, the last one is never told anything
but may join in. Keys are fixed.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from random import Random
from typing import Final, NamedTuple, TypeAlias

from hypothesis import strategies as st

from edenmesh.core.encoding import Plain
from edenmesh.core.trust import (
    Admit,
    Certify,
    CharterEntry,
    DraftEntry,
    LastSeal,
    Leave,
    Revoke,
    Roles,
    SigningKey,
    found,
)

DEVICES: Final = 6
ACTIONS: Final = (
    *(("hear", "meet", "admit", "introduce", "take", "revoke") * 4),
    *(("give", "certify") * 3),
    *("leave", "future", "stale"),
)
ROLE_LISTS: Final = (
    ("steward",),
    ("introducer",),
    ("gateway",),
    ("introducer", "steward"),
    ("gateway", "weaver"),
)
Act: TypeAlias = Admit | Certify | Leave | Revoke | Roles


class Step(NamedTuple):
    """One thing that happens: an index into ACTIONS, who acts, upon whom, and a number that chooses the rest."""

    action: int
    actor: int
    target: int
    choice: int


steps = st.lists(
    st.builds(
        Step,
        st.integers(0, len(ACTIONS) - 1),
        st.integers(0, DEVICES - 1),
        st.integers(0, DEVICES - 1),
        st.integers(0, 15),
    ),
    max_size=40,
)


def random_steps(random: Random, size: int) -> list[Step]:
    return [
        Step(random.randrange(len(ACTIONS)), random.randrange(DEVICES), random.randrange(DEVICES), random.randrange(16))
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

    def __init__(self, steps: Iterable[Step] = (), stewards: int = 0) -> None:
        """`stewards`: how many of the devices are introduced, made stewards, and have met before the steps begin."""
        first = found("device 0", device(0), author(0), b"salt of the mesh")
        self.mesh = first.mesh
        self.entries = {bytes(first.id): first}
        self.heard: list[frozenset[bytes]] = [frozenset(self.entries), *[frozenset[bytes]()] * (DEVICES - 1)]
        for number in range(1, stewards + 1):
            self.write(self._act("introduce", 0, number, 0) or Leave(device=b""), 0, number)
            self.write(Roles(device=device(number).public_key, give=ROLE_LISTS[0]), 0)
            self.heard[number] = self.heard[0]
        for step in steps:
            self.play(step)

    def play(self, step: Step) -> CharterEntry | None:
        """Let it happen; the entry that was written, if one was."""
        actor, target, choice = step.actor, step.target, step.choice
        match ACTIONS[step.action]:
            case "hear":
                self.heard[actor] |= self.heard[target]
            case "meet":
                self.heard[actor] = self.heard[target] = self.heard[actor] | self.heard[target]
            case "stale":
                self.heard[actor] = self.below(self.heard[actor], choice)
            case _ if not self.heard[actor]:
                return None
            case "future":
                return self._write_unknown(actor, choice)
            case action:
                act = self._act(action, actor, target, choice)
                return self.write(act, actor, target) if act is not None else None
        return None

    def write(self, act: Act, actor: int, target: int | None = None) -> CharterEntry:
        """Have a device write an entry on what it has heard; the keys that it names sign with it."""
        draft = DraftEntry.of(
            act, device(actor).public_key, mesh=self.mesh, parents=tuple(sorted(self.heads(self.heard[actor])))
        )
        entry = draft.signed_by(*(_keys()[one] for one in draft.signers)).completed()
        self._add(entry, actor)
        if isinstance(act, Admit) and target is not None:
            self.heard[target] |= self.heard[actor]
        return entry

    def heads(self, ids: frozenset[bytes]) -> set[bytes]:
        return set(ids) - {parent for one in ids for parent in self.entries[one].parents}

    def below(self, ids: frozenset[bytes], choice: int) -> frozenset[bytes]:
        """An earlier moment: the past of one of these entries, and it."""
        if not ids:
            return ids
        pending = [sorted(ids)[choice % len(ids)]]
        found: set[bytes] = set()
        while pending:
            one = pending.pop()
            if one not in found:
                found.add(one)
                pending += self.entries[one].parents
        return frozenset(found)

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
            case _:
                return Leave(device=device(actor).public_key)

    def _point(self, actor: int, choice: int) -> tuple[bytes, ...]:
        """Now and then an earlier point, which once in a while is none."""
        if choice < 10:
            return ()
        known = sorted(self.heard[actor] if choice < 15 else self.entries)
        return tuple(sorted({known[choice % len(known)], known[-choice % len(known)]}))

    def _write_unknown(self, actor: int, choice: int) -> CharterEntry:
        entry = write_unknown(device(actor), self.mesh, sorted(self.heads(self.heard[actor])), choice)
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


@lru_cache(maxsize=300)
def random_world(seed: int) -> World:
    """A long world, always the same for a seed; to be looked at, not played on."""
    random = Random(seed)
    return World(random_steps(random, random.randrange(5, 50)), stewards=seed % 4)


@lru_cache
def _keys() -> dict[bytes, SigningKey]:
    names = [device(number) for number in range(DEVICES)]
    names += [author(number, turn) for number in range(DEVICES) for turn in range(4)]
    return {one.public_key: one for one in names}
