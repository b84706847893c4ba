"""What follows from the charter's meaning, read off the model: members, authors, what stewards decided, what fits.

`judge` answers for any bag of entries of one mesh, `room` for one that is larger than a charter may be.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from edenmesh.core.trust import CharterEntry
from tests.oracle.charter_model import ROLES, Ids, Model, World, body, founder_of, is_taking, named

Heads = frozenset[tuple[int, bytes]]


class Verdict(NamedTuple):
    """What the model says of a bag of entries."""

    kept: Ids
    waiting: Ids
    refused: Ids
    taken: Ids
    struck: Ids
    held: Ids
    members: dict[bytes, tuple[bool, bool, Ids, frozenset[str]]]
    """Device to (revoked, left, authors, roles now, `founder` among them)."""
    authors: dict[bytes, tuple[bool, set[bytes | None], frozenset[Heads], Heads]]
    """Named author to (certified, devices naming it, heads left by each revocation, heads a steward accepted)."""
    gateways: Ids
    """Devices whose observations may be receipts."""
    destinations: dict[bytes, Ids]
    """Destination to the entries about it that no other of them is above."""
    forms: dict[str, set[bytes]]
    """Table to the forms that the deepest entries about it name."""
    erasures: dict[bytes, tuple[bool, bytes]]
    """Erasures in force to (confirmed, salt of their stubs)."""
    asked: dict[bytes, str]
    """What members ask to be erased, by entry, to the reason they gave."""
    meshes: Ids


def judge(entries: Iterable[CharterEntry], mesh: bytes) -> Verdict:
    """What these entries mean."""
    model = Model(entries, mesh)
    kept = frozenset(one for one in model.all if model.is_founded and model.is_kept(one))
    refused: set[bytes] = set()
    if model.ours is not None:
        known = {one for one in model.ours if model.past(one) is not None}
        refused = (set(model.all) - model.ours) | (known - kept)
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
        gateways=frozenset(device for device in _members(world) if world.has_held(device, "gateway")),
        destinations=_destinations(world),
        forms=_forms(world),
        erasures=_erasures(world),
        asked={one: what["why"] for one, what, _ in world.entries(world.in_force, "ask")},
        meshes=frozenset(world.meshes_newest_first),
    )


def _members(world: World) -> dict[bytes, Any]:
    members = {}
    for _, what, _ in world.entries(world.in_force, "found", "admit"):
        device = what["device"]
        certified = [named(world.model.all[one]) for one in world.in_force]
        authors = frozenset(author for owner, names in certified if owner == device for author in names)
        is_member = world.has_now(device, "member")
        roles = frozenset(role for role in ROLES if is_member and world.has_now(device, role))
        if is_member and world.has_now(device, founder_of(world.model.mesh)):
            roles |= {"founder"}
        members[device] = device in world.revoked, not is_member and device not in world.revoked, authors, roles
    return members


def _authors(world: World) -> dict[bytes, Any]:
    owners: dict[bytes, set[bytes | None]] = {}
    certified = set()
    for one in world.ids:
        device, authors = named(world.model.all[one])
        for author in authors:
            owners.setdefault(author, set()).add(device)
            certified |= {author} if one in world.in_force else set()
    accepted = [what for _, what, _ in world.entries(world.in_force, "accept")]
    verdicts = {}
    for author in {*owners, *(what["author"] for what in accepted)}:
        cuts = frozenset(
            frozenset((size, root) for name, size, root in what["seals"] if name == author)
            for _, what, _ in world.entries(world.held, "revoke")
            if what["device"] in owners.get(author, ())
        )
        accepts = frozenset((what["size"], what["root"]) for what in accepted if what["author"] == author)
        verdicts[author] = author in certified, owners.get(author, {None}), cuts, accepts
    return verdicts


def _destinations(world: World) -> dict[bytes, Ids]:
    said: dict[bytes, set[bytes]] = {}
    for one, what, _ in world.entries(world.in_force, "destination"):
        said.setdefault(what["destination"], set()).add(one)
    pasts = {one: world.model.past(one) or frozenset() for one in world.ids}
    return {
        name: frozenset(one for one in words if not any(one in pasts[other] for other in words))
        for name, words in said.items()
    }


def _forms(world: World) -> dict[str, set[bytes]]:
    said: dict[str, list[tuple[int, bytes]]] = {}
    for one, what, _ in world.entries(world.in_force, "form"):
        said.setdefault(what["table"], []).append((world.model.depth(one), what["form"]))
    return {table: {form for at, form in words if at == max(words)[0]} for table, words in said.items()}


def _erasures(world: World) -> dict[bytes, tuple[bool, bytes]]:
    confirmed = {what["entry"] for _, what, _ in world.entries(world.in_force, "confirm")}
    entries = world.model.all
    return {
        one: (one in confirmed, body(entries[entries[one].mesh])["salt"])
        for one, _, _ in world.entries(world.in_force, "erase")
    }


def room(entries: Iterable[CharterEntry], mesh: bytes, limit: int) -> Ids:
    """Which of the entries that belong have room, said once more: one after the other, by rank, depth and id."""
    model = Model(entries, mesh)
    world = model.world(frozenset(one for one in model.all if model.is_founded and model.is_kept(one)))
    founder = model.all[mesh].actor

    def rank(one: bytes) -> tuple[int, int, bytes]:
        entry = model.all[one]
        below = model.world(model.past(one) or frozenset())
        order = [
            entry.actor == founder,
            below.has_now(entry.actor, "member") and below.has_now(entry.actor, "steward"),
            is_taking(entry),
            True,
        ]
        return order.index(True) if one in world.in_force else 4, model.depth(one), one

    fitting: Ids = frozenset()
    for one in sorted(world.ids, key=rank):
        more = fitting | {one} | (model.past(one) or frozenset())
        fitting = more if len(more) <= limit else fitting
    return fitting
