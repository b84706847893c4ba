"""The charter's meaning once more, as plainly as it can be said: sets of ids, closures, and naive fixpoints.

Written from the design's section 2.1, not from the program; slow, and used only to judge it. It reads the raw bodies
of entries. What follows from it is read off in `charter_verdict`.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from edenmesh.core.trust import CharterEntry

ROLES = ("steward", "introducer", "gateway")
STEWARDS_ONLY = ("accept", "destination", "form", "erase", "confirm")
STEWARD, ADMITTER = range(2)

Ids = frozenset[bytes]


class Model:
    """A bag of entries of the mesh that `mesh` names."""

    def __init__(self, entries: Iterable[CharterEntry], mesh: bytes) -> None:
        self.mesh = mesh
        self.all = {bytes(entry.id): entry for entry in entries}
        self.pasts: dict[bytes, Ids | None] = {}
        self.depths: dict[bytes, int] = {}
        self.worlds: dict[Ids, World] = {}
        self.verdicts: dict[bytes, tuple[bool, bool]] = {}

    @cached_property
    def ours(self) -> Ids | None:
        """What names the mesh or is below its found entry; None while that cannot be told."""
        below = self.past(self.mesh) if self.mesh in self.all else None
        return None if below is None else below | {one for one in self.all if self.all[one].mesh == self.mesh}

    def contents(self, mesh: bytes) -> Ids:
        """The charter of one of the meshes, as far as this mesh knows it."""
        return (self.past(mesh) or frozenset()) | {one for one in self.all if self.all[one].mesh == mesh}

    def reaches(self, one: bytes, other: bytes) -> bool:
        """Whether what one of the entries ends can be of the other, in either direction."""
        mesh, other_mesh = bytes(self.all[one].mesh), bytes(self.all[other].mesh)
        return mesh == other_mesh or one in self.contents(other_mesh) or other in self.contents(mesh)

    def past(self, one: bytes) -> Ids | None:
        """The ids below an entry; None where one of them is not here."""
        if one not in self.pasts:
            found: set[bytes] | None = set()
            for parent in self.all[one].parents:
                above = self.past(parent) if parent in self.all else None
                found = None if found is None or above is None else found | above | {parent}
            self.pasts[one] = None if found is None else frozenset(found)
        return self.pasts[one]

    def depth(self, one: bytes) -> int:
        """The length of the longest chain below an entry."""
        if one not in self.depths:
            self.depths[one] = max((1 + self.depth(parent) for parent in self.all[one].parents), default=0)
        return self.depths[one]

    def world(self, ids: Ids) -> "World":
        """The meaning of a set of ids that contains its own past."""
        if ids not in self.worlds:
            self.worlds[ids] = World(self, ids)
        return self.worlds[ids]

    def is_kept(self, one: bytes) -> bool:
        return self._verdict(one)[0]

    @property
    def is_founded(self) -> bool:
        """Whether who founded the mesh had the right to."""
        return self.mesh in self.all and self.is_kept(self.mesh)

    def is_taken(self, one: bytes) -> bool:
        return self._verdict(one)[1]

    def _verdict(self, one: bytes) -> tuple[bool, bool]:
        if one not in self.verdicts:
            self.verdicts[one] = self._judge(one)
        return self.verdicts[one]

    def _judge(self, one: bytes) -> tuple[bool, bool]:
        entry, past = self.all[one], self.past(one)
        if self.ours is None or one not in self.ours or past is None or not all(map(self.is_kept, past)):
            return False, False
        if entry.kind == "found":
            return (self._may_found(entry),) * 2
        below = self.world(past)
        is_at_home = all(self.all[parent].mesh == entry.mesh for parent in entry.parents)
        if not is_at_home or not below.has_now(entry.actor, "member"):
            return False, False
        return True, self._is_fit(entry, past) and any(
            all(below.has_now(entry.actor, right) for right in way) for way in ways(entry)
        )

    def _may_found(self, entry: CharterEntry) -> bool:
        meshes = {self.all[parent].mesh for parent in entry.parents}
        for mesh in meshes:
            parents = [parent for parent in entry.parents if self.all[parent].mesh == mesh]
            world = self.world(frozenset().union(*({one} | (self.past(one) or frozenset()) for one in parents)))
            if body(entry)["device"] in world.revoked or not any(
                world.has_now(steward, "member") and world.has_now(steward, "steward")
                for steward in body(entry)["stewards"]
            ):
                return False
        return len(meshes) < 3

    def _is_fit(self, entry: CharterEntry, past: Ids) -> bool:
        """Whether what the entry speaks of is below it."""
        if entry.kind == "confirm":
            other = self.all.get(body(entry)["entry"])
            return (
                other is not None
                and other.id in past
                and other.kind == "erase"
                and self.is_taken(other.id)
                and other.actor != entry.actor
            )
        return set(body(entry).get("point", ())) <= past


class World:
    """A set of entries that contains its own past, and what it means."""

    def __init__(self, model: Model, ids: Ids) -> None:
        self.model = model
        self.ids = ids
        self.known: dict[Ids, Ids] = {}
        self.live = frozenset(one for one in ids if model.is_taken(one))
        self.takings = frozenset(one for one in self.live if is_taking(model.all[one]))

    def entries(self, ids: Ids, *kinds: str) -> Iterator[tuple[bytes, dict[str, Any], bytes]]:
        """Id, body and actor of the entries of these kinds."""
        for one in ids:
            if self.model.all[one].kind in kinds:
                yield one, body(self.model.all[one]), self.model.all[one].actor

    @cached_property
    def held(self) -> Ids:
        """The takings that hold: rank by rank, each judged against the higher ranks only."""
        held: Ids = frozenset()
        founders = {mesh: self.takings_by_founder(mesh) for mesh in self.meshes_newest_first}
        for theirs in founders.values():
            held |= {one for one in theirs if not self.is_barred(one, held)}
        for rank in (STEWARD, ADMITTER):
            standing = self.standing(held)
            others = self.takings.difference(*founders.values())
            held |= {one for one in others - held if self.has_rank(one, rank, standing, held)}
        return held

    @cached_property
    def meshes_newest_first(self) -> list[bytes]:
        """The meshes founded here, each before those that it continues."""
        founds = [one for one in self.ids if self.model.all[one].kind == "found"]
        return sorted(founds, key=lambda one: len(self.model.past(one) or ()), reverse=True)

    def takings_by_founder(self, mesh: bytes) -> Ids:
        """Those of a mesh by its founder."""
        right = founder_of(mesh)
        return frozenset(
            one
            for one in self.takings
            if self.model.all[one].mesh == mesh
            and self.model.world(self.model.past(one) or frozenset()).has_now(self.model.all[one].actor, right)
        )

    def is_barred(self, one: bytes, held: Ids) -> bool:
        """Whether a revocation among those held strikes what the actor of this entry did there."""
        return any(
            what["device"] == self.model.all[one].actor
            and one not in self.spared(taking)
            and self.model.reaches(taking, one)
            for taking, what, _ in self.entries(held, "revoke")
        )

    @property
    def revoked(self) -> Ids:
        """Devices barred by all that is here."""
        return frozenset(what["device"] for _, what, _ in self.entries(self.held, "revoke"))

    @cached_property
    def in_force(self) -> Ids:
        """Everything that has its effect."""
        return self.standing(self.held) | self.held

    def has_rank(self, one: bytes, rank: int, standing: Ids, held: Ids) -> bool:
        entry = self.model.all[one]
        right = {STEWARD: "steward", ADMITTER: f"admitter {body(entry)['device'].hex()}"}[rank]
        ways_here = [way for way in ways(entry) if right in way]
        return any(
            all(self.has(entry.actor, each, at=one, standing=standing, held=held) for each in ("member", *way))
            for way in ways_here
        )

    def standing(self, held: Ids) -> Ids:
        """What of the rest has its effect while these takings hold: repeat until nothing changes."""
        if held not in self.known:
            before, now = frozenset[bytes](), self.live - self.takings
            while before != now:
                before, now = now, frozenset(one for one in self.live - self.takings if self._stands(one, now, held))
            self.known[held] = now
        return self.known[held]

    def _stands(self, one: bytes, standing: Ids, held: Ids) -> bool:
        entry = self.model.all[one]
        return entry.kind == "found" or any(
            all(self.has(entry.actor, each, at=one, standing=standing, held=held) for each in ("member", *way))
            for way in ways(entry)
        )

    def has_now(self, device: bytes, right: str) -> bool:
        """Whether a device has a right after all of this."""
        return self.has(device, right, at=None, standing=self.standing(self.held), held=self.held)

    def has(self, device: bytes, right: str, *, at: bytes | None, standing: Ids, held: Ids) -> bool:
        """Whether a device has a right where it uses it in entry `at`, or, with None, at the end."""
        below = self.ids if at is None else self.model.past(at) or frozenset()
        enders = []
        for one, what, _ in self.entries(held, "revoke", "roles"):
            if what["device"] != device:
                continue
            if at is not None and (at in self.spared(one) or not self.model.reaches(one, at)):
                continue
            if "seals" in what:
                return False
            if right in what.get("take", ()):
                enders.append(one)
        if not right.startswith("admitter"):
            enders += [one for one, _, actor in self.entries(below & standing, "leave") if actor == device]
        grants = [one for one in below & standing if right in given(self.model.all[one], device)]
        return any(self.outlives(grant, enders) for grant in grants)

    def outlives(self, grant: bytes, enders: list[bytes]) -> bool:
        """Whether a grant is above each of these that reaches it."""
        past = self.model.past(grant) or frozenset()
        return all(end in past or not self.model.reaches(end, grant) for end in enders)

    def has_held(self, device: bytes, role: str) -> bool:
        """Whether a device was given a role that nobody took from it since."""
        takings = self.entries(self.held, "roles")
        enders = [one for one, what, _ in takings if what["device"] == device and role in what["take"]]
        grants = [one for one in self.in_force if role in given(self.model.all[one], device)]
        return any(self.outlives(grant, enders) for grant in grants)

    def spared(self, taking: bytes) -> Ids:
        """What a taking leaves alone."""
        point = body(self.model.all[taking]).get("point", ())
        spared = self.model.past(taking) or frozenset()
        if point:
            spared = frozenset().union(*({one} | (self.model.past(one) or frozenset()) for one in point))
        return spared


def body(entry: CharterEntry) -> dict[str, Any]:
    return entry.body


def founder_of(mesh: bytes) -> str:
    return f"founder of {mesh.hex()}"


def is_taking(entry: CharterEntry) -> bool:
    return entry.kind == "revoke" or (entry.kind == "roles" and "take" in entry.body)


def given(entry: CharterEntry, device: bytes) -> set[str]:
    """The rights that an entry, once it counts, gives to a device."""
    what = body(entry)
    rights: set[str] = set()
    if entry.kind == "found" and what["device"] == device:
        rights = {"member", founder_of(entry.id), *ROLES}
    if entry.kind == "admit" and what["device"] == device:
        rights = {"member", "introducer"} if what["introducer"] else {"member"}
    if entry.kind == "admit" and entry.actor == device:
        rights |= {f"admitter {what['device'].hex()}"}
    if entry.kind == "roles" and what["device"] == device:
        rights = set(what.get("give", ())) & set(ROLES)
    return rights


def ways(entry: CharterEntry) -> list[tuple[str, ...]]:
    """The rights, beside membership, by which an entry may be written: any of the ways will do."""
    what = body(entry)
    if entry.kind == "admit":
        return [("introducer",)]
    if entry.kind == "roles":
        return [(founder_of(entry.mesh) if "steward" in (*what.get("give", ()), *what.get("take", ())) else "steward",)]
    if entry.kind == "revoke":
        return [("steward",), (f"admitter {what['device'].hex()}",)]
    if entry.kind in STEWARDS_ONLY:
        return [("steward",)]
    return [()] if entry.kind in ("certify", "leave", "ask") else []


def named(entry: CharterEntry) -> tuple[bytes, list[bytes]]:
    """The device whose authors an entry names, and those authors."""
    what = body(entry)
    if entry.kind in ("found", "certify"):
        return what["device"], [what["author"]]
    return (what["device"], list(what["authors"])) if entry.kind == "admit" else (b"", [])
