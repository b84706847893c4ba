"""Crowded little worlds for the store: what people, gateways and a copied device wrote, and in which order it came.

What should be derived of it is said here in sets, at any cost, and shares with the store only `record_states` and the
questions of the core that are asked of one record.
"""

from collections.abc import Iterable
from functools import partial
from itertools import pairwise
from random import Random
from typing import NamedTuple, TypeAlias

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import AuthorId, DestinationId, DeviceId, FormHash, VersionId
from edenmesh.core.records import (
    FORM_FORMAT,
    OBSERVE,
    RESOLVE,
    RETRACT,
    Declarations,
    Field,
    Flag,
    Form,
    Table,
    Value,
    Version,
    body_hash,
    form_hash,
    is_delivered,
    last_observations,
    left_uuid,
    record_states,
    state_body,
    versions_at,
)
from edenmesh.core.trust import GATEWAY, Charter, CharterEntry, destination_id, give_roles, pin_destination, take_roles
from edenmesh.store import Store
from tests.store.making import Author, Team

TABLE = "water_point"
UUIDS = ("urn:uuid:one", "urn:uuid:two")
ADDRESS = "https://eden.example.org"
GATE = 3
"""The number of the author that observes most."""


class Piece(NamedTuple):
    """Some versions of one author's log arrive."""

    author: Author
    start: int
    stop: int


Event: TypeAlias = Piece | CharterEntry | bytes
"""What arrives: a piece of a log, a charter entry, an encoded form."""


class Shown(NamedTuple):
    """What is derived of one record."""

    flags: int
    waiting: int
    awaited: frozenset[bytes]
    delivered: frozenset[tuple[bytes, bytes, bool]]
    twins: frozenset[bytes]


def make_form(name: str, units: list[list[str]]) -> bytes:
    fields = [Field(name="a", kind="string"), Field(name="b", kind="string", restrictive=["2"])]
    return Form(format=FORM_FORMAT, name=name, table=Table(fields=fields, name=TABLE, units=units)).encode()


class World:
    """A team, what it wrote, what stewards decided, and the forms; `events` is all of it in the order it comes."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.team = Team(4)
        self.founding = self.team.entries
        self.forms = [make_form("plain", []), make_form("units", [["a", "b"]])]
        self.schemas = [b"", *map(form_hash, self.forms), b"\x07" * 32]
        self.authors = self.team.authors[1:]
        self.destination = DestinationId(destination_id(ADDRESS))
        for _ in range(chance.randint(4, 22)):
            self._write()
        self._read_back()
        if chance.random() < 0.3:
            self._clone()
        entries = self._decide()
        self.events: list[Event] = [*self._pieces(), *entries, *self.forms]
        self._shuffle()

    def versions(self) -> dict[VersionId, Version]:
        return {one.id: one.version for author in self.authors for one in author.versions}

    # --- writing ------------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        known = self.versions()
        uuid = self.chance.choice(UUIDS)
        family = closure(known, uuid)
        here = [one for one, version in known.items() if version.uuid in family]
        firsts = [one for one in here if not known[one].parents]
        author = self.chance.choice(self.authors)
        kind = self.chance.choice(
            ["put", "put", "put", "edit", "edit", "decide", "decide", "same", "undo", "retract", "see", "see"]
        )
        place = self.chance.choice(sorted(family))
        fields: dict[str, Value] = {
            name: self.chance.choice("123") for name in self.chance.sample("ab", self.chance.randint(1, 2))
        }
        parents = self.chance.sample(here, min(len(here), self.chance.randint(1, 2)))
        schema = self.chance.choice(self.schemas[:2] if self.chance.random() < 0.6 else self.schemas)
        if kind == "put" or not firsts:
            author.write(place, fields, table=TABLE, schema=schema)
        elif kind == "edit":
            author.write(place, fields, table=TABLE, parents=parents, schema=schema)
        elif kind == "retract":
            author.write(place, {}, table=TABLE, op=RETRACT, parents=parents)
        elif kind == "see":
            self._observe({one: known[one] for one in here}, place, parents)
        else:
            self._resolve(author, place, firsts, self._heads(here, known) if self.chance.random() < 0.7 else parents)

    def _resolve(self, author: Author, uuid: str, firsts: list[VersionId], parents: list[VersionId]) -> None:
        about: dict[str, Plain] = {}
        known = self.versions()
        undone = [one for one in known if known[one].about.keys() & {"leaves", "same"}]
        if undone and self.chance.random() < 0.3:
            one = self.chance.choice(undone)
            about["undoes"], parents = [one], sorted({*parents, one})
        elif len(firsts) < 2:
            return
        elif self.chance.random() < 0.75:
            keeps, leaves = self.chance.sample(firsts, 2)
            about = {"keeps": keeps, "leaves": [leaves]}
        else:
            about = {"same": list[Plain](sorted(self.chance.sample(firsts, 2)))}
        author.write(uuid, {}, table=TABLE, op=RESOLVE, parents=parents, about=about)

    def _observe(self, versions: dict[VersionId, Version], uuid: str, parents: list[VersionId]) -> None:
        """Some gateway, honest or not, says what the server holds: mostly what is shown."""
        states = [one for one in record_states(versions) if one.uuid == uuid and one.strand]
        body, heads = body_hash({"a": "1"}), parents
        if states and states[0].strand and self.chance.random() < 0.8:
            body, heads = state_body(states[0].strand), list(states[0].strand.heads)
        author = self.authors[GATE - 1] if self.chance.random() < 0.7 else self.chance.choice(self.authors)
        about: dict[str, Plain] = {"body": body, "destination": self.destination}
        author.write(uuid, {}, table=TABLE, op=OBSERVE, parents=heads, about=about)

    def _read_back(self) -> None:
        """In some worlds everything is read once more at the end."""
        known = self.versions()
        for root in UUIDS if self.chance.random() < 0.5 else ():
            family = closure(known, root)
            versions = {one: version for one, version in known.items() if version.uuid in family}
            for state in record_states(versions) if versions else ():
                if state.strand:
                    self._observe(versions, state.uuid, list(state.strand.heads))

    def _heads(self, here: list[VersionId], known: dict[VersionId, Version]) -> list[VersionId]:
        named = {parent for one in here for parent in known[one].parents}
        return [one for one in here if one not in named]

    def _clone(self) -> None:
        author = self.chance.choice(self.team.authors[1:])
        size = self.chance.randint(0, len(author.versions))
        clone = author.cloned(size, seed=77)
        for number in range(self.chance.randint(1, 3)):
            clone.write(self.chance.choice(UUIDS), {"a": f"clone {number}"}, table=TABLE)
        if len(author.versions) > size:
            self.authors = [*self.authors, clone]

    def _decide(self) -> list[CharterEntry]:
        """What stewards decide, and when another device hears it."""
        founder, gate = self.team.devices[0], DeviceId(self.team.devices[GATE].public_key)
        made = [self.team.add(give_roles(self.team.charter, founder, gate, [GATEWAY]))]
        pinned = pin_destination(self.team.charter, founder, address=ADDRESS, name="Eden", pin=b"p" * 32)
        made.append(self.team.add(pinned))
        if self.chance.random() < 0.4:
            number = self.chance.choice((2, GATE))
            author = self.team.authors[number]
            size = self.chance.randint(0, len(author.versions))
            made.append(self.team.revoke(number, [author.part(0, size).seal] if size else []))
        elif self.chance.random() < 0.4:
            made.append(self.team.add(take_roles(self.team.charter, founder, gate, [GATEWAY])))
        return made[: self.chance.randint(0, len(made))]

    # --- arriving -----------------------------------------------------------------------------------------------------

    def _pieces(self) -> list[Piece]:
        pieces: list[Piece] = []
        for author in self.authors:
            size = len(author.versions)
            cuts = sorted({0, size, *(self.chance.randint(0, size) for _ in range(2))})
            pieces += [Piece(author, start, stop) for start, stop in pairwise(cuts)]
        return pieces

    def _shuffle(self) -> None:
        """Any order in which no log has a part before the one below it; forms may never come."""
        forms = [form for form in self.forms if self.chance.random() < 0.8]
        others = [one for one in self.events if not isinstance(one, bytes)]
        self.events = [*others, *forms]
        self.chance.shuffle(self.events)
        places = [at for at, one in enumerate(self.events) if isinstance(one, Piece)]
        pieces = sorted((self.events[at] for at in places), key=lambda one: one.start if isinstance(one, Piece) else 0)
        turn = {id(author): self.chance.random() for author in self.authors}
        if self.chance.random() < 0.5:
            pieces.sort(key=lambda one: turn[id(one.author)] if isinstance(one, Piece) else 0)
        for at, one in zip(places, pieces, strict=True):
            self.events[at] = one


def arrive(store: Store, events: Iterable[Event]) -> None:
    """Store some events in one change."""
    with store.change() as change:
        for event in events:
            if isinstance(event, Piece):
                change.add_part(event.author.part(event.start, event.stop))
            elif isinstance(event, CharterEntry):
                change.add_charter([event])
            else:
                change.add_form(event)


# --- what should be derived -------------------------------------------------------------------------------------------


def closure(versions: dict[VersionId, Version], uuid: str) -> set[str]:
    """The uuids of a family, as the design says it: those at which strands of it have been let leave."""
    family = {uuid}
    while True:
        here = {one: version for one, version in versions.items() if version.uuid in family}
        named = {one for version in here.values() for one in version.resolution.leaves if version.op == RESOLVE}
        further = {left_uuid(one) for one in named if one in here and not here[one].parents}
        if further <= family:
            return family
        family |= further


def expected(world: World, events: Iterable[Event]) -> dict[str, Shown]:
    """What is shown of each record once these events have come."""
    held: dict[int, tuple[Author, int]] = {}
    entries, forms = list(world.founding), dict[FormHash, Form]()
    for event in events:
        if isinstance(event, Piece):
            held[id(event.author)] = event.author, event.stop
        elif isinstance(event, CharterEntry):
            entries.append(event)
        else:
            forms[form_hash(event)] = Form.decode(event)
    charter = Charter.of(entries)
    versions, counted = dict[VersionId, Version](), set[VersionId]()
    for author, size in held.values():
        accepted = charter.standing(author.id).accepted(size, partial(_root, author))
        versions.update((one.id, one.version) for one in author.versions[:size])
        counted.update(one.id for one in author.versions[:accepted])
    twins = _twins(list(held.values()))
    declarations = Declarations(forms)
    shown: dict[str, Shown] = {}
    families = {frozenset(_family(versions, uuid)) for uuid in {one.uuid for one in versions.values()}}
    for family in families:
        here = {one: version for one, version in versions.items() if version.uuid in family}
        uncounted = here.keys() - counted
        missing = frozenset(version.schema for version in here.values()) - forms.keys() - {b""}
        for state in record_states(here, uncounted, declarations):
            own = {one: version for one, version in here.items() if version.uuid == state.uuid}
            delivered = set[tuple[bytes, bytes, bool]]()
            alone = versions_at(here, state.uuid, uncounted)
            if state.strand and is_delivered(state, alone, world.destination, uncounted):
                last = last_observations(alone, world.destination, uncounted)
                has_witness = world.destination in charter.destinations
                has_witness &= any(charter.is_gateway(AuthorId(here[one].author)) for one in last)
                delivered.add((world.destination, state_body(state.strand), has_witness))
            shown[state.uuid] = Shown(
                int(state.flags),
                len(state.waiting),
                missing if state.flags & Flag.AWAITED else frozenset(),
                frozenset(delivered),
                frozenset(version.author for one, version in own.items() if one in twins),
            )
    return shown


def _root(author: Author, size: int) -> bytes:
    return author.frontier(size).root()


def _family(versions: dict[VersionId, Version], uuid: str) -> set[str]:
    """The same from any of its uuids, also the one of a strand that left."""
    for root in {one.uuid for one in versions.values()}:
        family = closure(versions, root)
        if uuid in family and root != uuid:
            return family | closure(versions, uuid)
    return closure(versions, uuid)


def _twins(logs: list[tuple[Author, int]]) -> set[VersionId]:
    """The versions that stand where two logs of one author have parted."""
    found = set[VersionId]()
    for author, size in logs:
        ids = [one.id for one in author.versions[:size]]
        for other, other_size in logs:
            theirs = [one.id for one in other.versions[:other_size]]
            if other.id == author.id and other is not author:
                shared = next((at for at, (a, b) in enumerate(zip(ids, theirs, strict=False)) if a != b), None)
                found.update(ids[shared:] if shared is not None else ())
    return found
