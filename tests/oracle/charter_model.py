"""The charter's meaning once more, as plainly as it can be said: sets of ids, closures, and naive fixpoints.

Written from the design's section 2.1, not from the program; slow, and used only to judge it. It reads the raw bodies
of entries. `judge` answers for any bag of entries of one mesh.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from edenmesh.core.trust import CharterEntry

ROLES = ("steward", "introducer", "gateway")
FOUNDER, STEWARD, ADMITTER = range(3)

Ids = frozenset[bytes]


class Verdict(NamedTuple):
    """What the model says of a bag of entries."""

    kept: Ids
    waiting: Ids
    refused: Ids
    taken: Ids
    struck: Ids
    held: Ids
    members: dict[bytes, tuple[bool, bool, Ids, frozenset[str]]]
    """Device to (revoked, left, authors, roles now)."""
    authors: dict[bytes, tuple[bool, set[bytes | None], frozenset[frozenset[tuple[int, bytes]]]]]
    """Named author to (certified, devices naming it, accepted heads of each revocation)."""


class Model:
    """A bag of entries of the mesh that `mesh` names."""

    def __init__(self, entries: Iterable[CharterEntry], mesh: bytes) -> None:
        self.mesh = mesh
        self.all = {bytes(entry.id): entry for entry in entries}
        self.pasts: dict[bytes, Ids | None] = {}
        self.worlds: dict[Ids, World] = {}
        self.verdicts: dict[bytes, tuple[bool, bool]] = {}

    def past(self, one: bytes) -> Ids | None:
        """The ids below an entry; None where one of them is not here."""
        if one not in self.pasts:
            found: set[bytes] | None = set()
            for parent in self.all[one].parents:
                above = self.past(parent) if parent in self.all else None
                found = None if found is None or above is None else found | above | {parent}
            self.pasts[one] = None if found is None else frozenset(found)
        return self.pasts[one]

    def world(self, ids: Ids) -> "World":
        """The meaning of a set of ids that contains its own past."""
        if ids not in self.worlds:
            self.worlds[ids] = World(self, ids)
        return self.worlds[ids]

    def is_kept(self, one: bytes) -> bool:
        return self._verdict(one)[0]

    def is_taken(self, one: bytes) -> bool:
        return self._verdict(one)[1]

    def _verdict(self, one: bytes) -> tuple[bool, bool]:
        if one not in self.verdicts:
            self.verdicts[one] = self._judge(one)
        return self.verdicts[one]

    def _judge(self, one: bytes) -> tuple[bool, bool]:
        entry, past = self.all[one], self.past(one)
        if entry.mesh != self.mesh or past is None:
            return False, False
        if entry.kind == "found":
            return one == self.mesh, one == self.mesh
        if not all(self.is_kept(below) for below in past):
            return False, False
        below = self.world(past)
        point = set(body(entry).get("point", ()))
        return below.has_now(entry.actor, "member"), point <= past and any(
            below.has_now(entry.actor, "member") and all(below.has_now(entry.actor, right) for right in way)
            for way in ways(entry)
        )


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
        for rank in (FOUNDER, STEWARD, ADMITTER):
            standing = self.standing(held)
            held |= {one for one in self.takings - held if self.has_rank(one, rank, standing, held)}
        return held

    @cached_property
    def in_force(self) -> Ids:
        """Everything that has its effect."""
        return self.standing(self.held) | self.held

    def has_rank(self, one: bytes, rank: int, standing: Ids, held: Ids) -> bool:
        entry = self.model.all[one]
        past = self.model.past(one) or frozenset()
        if self.model.world(past).has_now(entry.actor, "founder"):
            return rank == FOUNDER
        target = body(entry)["device"]
        right = {FOUNDER: "founder", STEWARD: "steward", ADMITTER: f"admitter {target.hex()}"}[rank]
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
            if what["device"] != device or (at is not None and at in self.spared(one)):
                continue
            if "seals" in what:
                return False
            if right in what.get("take", ()):
                enders.append(one)
        if not right.startswith("admitter"):
            enders += [one for one, _, actor in self.entries(below & standing, "leave") if actor == device]
        grants = [one for one in below & standing if right in given(self.model.all[one], device)]
        return any(all(end in (self.model.past(grant) or ()) for end in enders) for grant in grants)

    def spared(self, taking: bytes) -> Ids:
        """What a taking leaves alone."""
        point = body(self.model.all[taking]).get("point", ())
        spared = self.model.past(taking) or frozenset()
        if point:
            spared = frozenset().union(*({one} | (self.model.past(one) or frozenset()) for one in point))
        return spared


def body(entry: CharterEntry) -> dict[str, Any]:
    return entry.body


def is_taking(entry: CharterEntry) -> bool:
    return entry.kind == "revoke" or (entry.kind == "roles" and "take" in entry.body)


def given(entry: CharterEntry, device: bytes) -> set[str]:
    """The rights that an entry, once it counts, gives to a device."""
    what = body(entry)
    rights: set[str] = set()
    if entry.kind == "found" and what["device"] == device:
        rights = {"member", "founder", *ROLES}
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
        return [("founder" if "steward" in (*what.get("give", ()), *what.get("take", ())) else "steward",)]
    if entry.kind == "revoke":
        return [("steward",), (f"admitter {what['device'].hex()}",)]
    return [()] if entry.kind in ("certify", "leave") else []


def named(entry: CharterEntry) -> tuple[bytes, list[bytes]]:
    """The device whose authors an entry names, and those authors."""
    what = body(entry)
    if entry.kind in ("found", "certify"):
        return what["device"], [what["author"]]
    return (what["device"], list(what["authors"])) if entry.kind == "admit" else (b"", [])


def judge(entries: Iterable[CharterEntry], mesh: bytes) -> Verdict:
    """What these entries mean."""
    model = Model(entries, mesh)
    kept = frozenset(one for one in model.all if model.is_kept(one))
    refused = {
        one for one in model.all if model.all[one].mesh != mesh or (model.past(one) is not None and one not in kept)
    }
    while True:
        more = {one for one, entry in model.all.items() if refused & set(entry.parents)} - refused
        if not more:
            break
        refused |= more
    world = model.world(kept)
    return Verdict(
        kept=kept,
        waiting=frozenset(model.all) - kept - refused,
        refused=frozenset(refused),
        taken=world.live,
        struck=world.live - world.in_force,
        held=world.held,
        members=_members(world),
        authors=_authors(world),
    )


def _members(world: World) -> dict[bytes, Any]:
    members = {}
    revoked = {what["device"] for _, what, _ in world.entries(world.held, "revoke")}
    for _, what, _ in world.entries(world.in_force, "found", "admit"):
        device = what["device"]
        certified = [named(world.model.all[one]) for one in world.in_force]
        authors = frozenset(author for owner, names in certified if owner == device for author in names)
        roles = frozenset(role for role in ROLES if world.has_now(device, "member") and world.has_now(device, role))
        left = not world.has_now(device, "member") and device not in revoked
        members[device] = device in revoked, left, authors, roles
    return members


def _authors(world: World) -> dict[bytes, Any]:
    owners: dict[bytes, set[bytes]] = {}
    certified = set()
    for one in world.ids:
        device, authors = named(world.model.all[one])
        for author in authors:
            owners.setdefault(author, set()).add(device)
            certified |= {author} if one in world.in_force else set()
    verdicts = {}
    for author, devices in owners.items():
        cuts = frozenset(
            frozenset((size, root) for name, size, root in what["seals"] if name == author)
            for _, what, _ in world.entries(world.held, "revoke")
            if what["device"] in devices
        )
        verdicts[author] = author in certified, devices, cuts
    return verdicts
