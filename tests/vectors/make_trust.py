"""Writes seals.json and charter.json: frontiers and seals, charter entries and what sets of them mean.

Run `python -m tests.vectors.make_trust` after a change that is meant to change bytes or meaning; otherwise nothing
should. With `--check` it only compares. Bytes are in hex; keys come from seeds (RFC 8032, section 5.1.5).
"""

import json
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeAlias

from edenmesh.core.ids import AuthorId, FormHash, MeshId, record_id
from edenmesh.core.trust import (
    GATEWAY,
    INTRODUCER,
    STEWARD,
    Admit,
    Certify,
    Charter,
    CharterEntry,
    DraftEntry,
    Founder,
    Frontier,
    Seal,
    accept,
    ask,
    certify,
    choose_form,
    confirm,
    erase,
    erase_stub,
    give_roles,
    leave,
    pin_destination,
    revoke,
    succeed,
    take_roles,
    unite,
)
from tests.core.trust.team import admission, author, author_key, device, founded, seal, union
from tests.oracle.charter_worlds import key, write_unknown

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"

FOLDER: Final = Path(__file__).parent
PEOPLE: Final = ("Fatou", "Amina", "Bo", "Sara", "Mallory", "Hugo")
SIZES: Final = (1, 2, 3, 7, 8, 100, 1024, 1025)


def version_id(number: int) -> bytes:
    """Stands for the id of the version with this seq."""
    return sha256(f"edenmesh test version {number}".encode()).digest()


def make_seals() -> Json:
    """Frontiers and seals of one author's log as it grows."""
    signer, frontier, start = author_key("Amina"), Frontier.EMPTY, 0
    cases: list[Json] = []
    for size in SIZES:
        frontier = frontier.extended(version_id(number) for number in range(start, size))
        start = size
        signed = Seal.sign(signer, frontier)
        cases.append(
            {
                "size": size,
                "root": frontier.root().hex(),
                "peaks": [peak.hex() for peak in frontier.peaks],
                "frontier": frontier.encode().hex(),
                "signature": signed.signature.hex(),
                "seal": signed.encode().hex(),
            }
        )
    return {
        "about": "id n is SHA-256('edenmesh test version n'); the seal at each size is over the ids 0 to size - 1",
        "author_seed": _seed("Amina's author 0"),
        "author": signer.public_key.hex(),
        "empty_root": Frontier.EMPTY.root().hex(),
        "seals": cases,
    }


def make_charter() -> Json:
    """Entries of every kind, sets of them with their meaning, and bytes that are no entries."""
    story = Story()
    return {
        "about": "a draft's signatures are empty; cases are sets of entries and what they mean",
        "keys": {
            name: {"seed": _seed(name), "public": key(name).public_key.hex()}
            for person in PEOPLE
            for name in (person, f"{person}'s author 0", f"{person}'s author 1")
        },
        "entries": {name: story.describe(entry) for name, entry in story.entries.items()},
        "cases": [story.case(what, charter) for what, charter in story.cases.items()],
        "refused": story.refused(),
    }


class Story:
    """A small team: a steward, a thief who admits a friend, a device that leaves, a kind of entry from the future."""

    def __init__(self) -> None:
        self.entries: dict[str, CharterEntry] = {}
        fatou = key("Fatou")
        alone = founded("Fatou")
        self.entries["found"] = next(iter(alone.entries.values()))
        sara = self._add(alone, "admit Sara", admission(alone, "Fatou", "Sara", introducer=True))
        sara = self._add(sara, "make Sara steward", give_roles(sara, fatou, device("Sara"), [STEWARD, GATEWAY]))
        team = self._add(sara, "admit Amina", admission(sara, "Sara", "Amina", introducer=True))
        more = self._add(team, "certify", certify(team, key("Amina"), author_key("Amina", 1)))
        bo = self._add(more, "admit Bo", admission(more, "Amina", "Bo"))
        gone = self._add(bo, "Bo leaves", leave(bo, key("Bo")))
        stolen = self._add(more, "admit Mallory", admission(more, "Amina", "Mallory", introducer=True))
        unlawful = self._add(bo, "Bo admits Mallory", self._beyond_right(bo))
        outside = self._add(gone, "Bo certifies after leaving", self._after_leaving(gone))
        seals = [seal("Amina", [version_id(0), version_id(1)])]
        revoked = self._add(bo, "revoke Amina", revoke(bo, fatou, device("Amina"), seals))
        since = self._add(
            bo, "revoke Amina from an earlier point", revoke(bo, key("Sara"), device("Amina"), (), point=team.heads)
        )
        taken = self._add(bo, "take Amina's role", take_roles(bo, key("Sara"), device("Amina"), [INTRODUCER]))
        sara_out = self._add(team, "Fatou revokes Sara", revoke(team, fatou, device("Sara"), ()))
        fatou_out = self._add(team, "Sara revokes Fatou", revoke(team, key("Sara"), device("Fatou"), ()))
        later = self._add(team, "newer kind", write_unknown(key("Amina"), self.mesh, team.heads))
        no_found = Charter.of(entry for entry in bo.entries.values() if entry.kind != "found")
        foreign = Charter.of([*more.entries.values(), *founded("Mallory").entries.values()], self.mesh)
        self.entries["found elsewhere"] = next(iter(founded("Mallory").entries.values()))
        decided = self._decide(sara)
        hugo = founded("Hugo")
        self.entries["Hugo founds"] = next(iter(hugo.entries.values()))
        one = unite(sara, hugo, (device("Sara"), device("Hugo")), _founder("Sara"), b"salt of the pair")
        united = Charter.of([*sara.entries.values(), *hugo.entries.values(), self._add_draft("unite", one)])
        new = succeed(team, device("Sara"), _founder("Amina"), b"salt of the next")
        next_mesh = Charter.of([*team.entries.values(), self._add_draft("succeed", new)])
        admitted = self._add(next_mesh, "Sara admits Bo", admission(next_mesh, "Sara", "Bo", turn=1))
        late = Charter.of([*admitted.entries.values(), *sara_out.entries.values()], admitted.mesh)
        self.cases = {
            "a mesh of one": alone,
            "a team": bo,
            "one has left": gone,
            "an entry by a member without the right belongs, without effect": unlawful,
            "an entry by one who had left does not belong": outside,
            "a revocation strikes what its signer had not seen": union(revoked, stolen),
            "a revocation from an earlier point strikes what came after it": since,
            "a role is taken, and what it had done unseen is struck": union(taken, stolen),
            "two revocations of one device both hold": union(revoked, since),
            "the founder outranks the steward": union(sara_out, fatou_out),
            "an entry of a newer kind belongs, without effect": later,
            "without its past an entry waits": no_found,
            "an entry of another mesh does not belong": foreign,
            "what stewards decide": decided,
            "two teams become one": united,
            "another founder in the place of the first": admitted,
            "what the old team did beside the founding does not belong": late,
        }

    def _decide(self, charter: Charter) -> Charter:
        fatou, sara = key("Fatou"), key("Sara")
        log = Frontier.EMPTY.extended([version_id(0), version_id(1)])
        accepted = accept(charter, sara, author("Hugo"), size=log.size, root=log.root())
        charter = self._add(charter, "accept Hugo's log", accepted)
        address, pin = "https://eden.example.org/eden", sha256(b"the server's key").digest()
        pinned = pin_destination(charter, sara, address=address, name="Headquarters", pin=pin)
        charter = self._add(charter, "pin the server", pinned)
        plain = pin_destination(charter, fatou, address="http://10.0.0.2", name="Field office", pin=b"")
        charter = self._add(charter, "name a server without TLS", plain)
        chosen = choose_form(charter, fatou, "pr_person", FormHash(sha256(b"a form").digest()))
        charter = self._add(charter, "choose a form", chosen)
        stubs = [erase_stub(charter.salt, "name", record_id("pr_person", "urn:uuid:0"))]
        firsts = [erase_stub(charter.salt, "first", version_id(0))]
        asked = ask(charter, fatou, names=stubs, why="The family asked for it.")
        charter = self._add(charter, "ask for an erasure", asked)
        erased = erase(charter, sara, names=stubs, firsts=firsts)
        charter = self._add(charter, "erase a record", erased)
        return self._add(charter, "confirm the erasure", confirm(charter, fatou, erased.id))

    @property
    def mesh(self) -> MeshId:
        return self.entries["found"].mesh

    def describe(self, entry: CharterEntry) -> Json:
        """An entry with what can be read off it."""
        return {
            "kind": entry.kind,
            "id": entry.id.hex(),
            "parents": [self._name(parent) for parent in entry.parents],
            "signers": [one.hex() for one in entry.signers],
            "bytes": entry.encode().hex(),
        }

    def case(self, what: str, charter: Charter) -> Json:
        """A set of entries, in no particular order, and its meaning."""
        given = sorted(self._name(one) for one in {*charter.entries, *charter.waiting, *charter.refused})
        return {
            "what": what,
            "given": list(given),
            "mesh": charter.mesh.hex() if charter.mesh is not None else None,
            "hash": charter.hash.hex(),
            "belong": self._names(charter.entries),
            "wait": self._names(charter.waiting),
            "refused": self._names(charter.refused),
            "heads": self._names(charter.heads),
            "meshes": self._names(charter.meshes),
            "taken": self._names(charter.taken),
            "struck": self._names(charter.struck),
            "members": {
                member.name: {
                    "device": member.device.hex(),
                    "admitted_by": member.admitted_by.hex() if member.admitted_by is not None else None,
                    "belongs": charter.is_member(member.device),
                    "revoked": member.is_revoked,
                    "left": member.has_left,
                    "roles": [
                        role
                        for role, has in (
                            (GATEWAY, member.is_gateway),
                            (INTRODUCER, member.is_introducer),
                            (STEWARD, member.is_steward),
                        )
                        if has
                    ],
                }
                for member in charter.members.values()
            },
            "destinations": [
                {"id": one.destination.hex(), "address": one.address, "name": one.name, "pin": one.pin.hex()}
                for one in charter.destinations.values()
            ],
            "forms": {table: form.hex() for table, form in charter.current_forms.items()},
            "asked": [
                {"entry": self._name(one.entry), "why": one.why, "met": one.is_met_by(charter.erasures)}
                for one in charter.asked
            ],
            "erasures": [
                {
                    "entry": self._name(one.entry),
                    "names": [stub.hex() for stub in sorted(one.names)],
                    "firsts": [stub.hex() for stub in sorted(one.firsts)],
                    "salt": one.salt.hex(),
                    "confirmed": one.is_confirmed,
                }
                for one in charter.erasures
            ],
            "authors": {
                f"{person}'s author {turn}": self._standing(charter, author(person, turn))
                for person in PEOPLE
                for turn in (0, 1)
            },
        }

    def refused(self) -> list[Json]:
        """Bytes that a reader has to refuse, and why."""
        data = self.entries["certify"].encode()
        draft = DraftEntry.decode(data)
        first, second = draft.signatures
        turned = bytes([first[0] ^ 1]) + first[1:]
        return [
            {"why": why, "bytes": bad.hex()}
            for why, bad in (
                ("a bit of a signature is turned", data.replace(first, turned)),
                ("the signatures are swapped", data.replace(first, b"x" * 64).replace(second, first)),
                ("a key of the map is not in its shortest form", data.replace(b"\xa4kind", b"\xd9\x04kind")),
                ("a byte follows", data + b"\0"),
                ("the last byte is missing", data[:-1]),
                ("the kind is another", data.replace(b"\xa7certify", b"\xa7Certify")),
            )
        ]

    def _standing(self, charter: Charter, name: AuthorId) -> Json:
        standing = charter.standing(name)
        cuts: list[Json] = [[[cut.size, cut.root.hex()] for cut in heads] for heads in standing.cuts or ()]
        said: dict[str, Json] = {"named": standing.is_named, "certified": standing.is_certified, "cuts": cuts}
        if standing.accepts:
            said["accepted"] = [[cut.size, cut.root.hex()] for cut in standing.accepts]
        return said

    def _add(self, charter: Charter, name: str, entry: CharterEntry) -> Charter:
        self.entries[name] = entry
        return charter.extended([entry])

    def _add_draft(self, name: str, draft: DraftEntry) -> CharterEntry:
        """A founding that a steward other than its founder has to sign, too."""
        entry = draft.signed_by(*(key(one) for one in PEOPLE if key(one).public_key in draft.unsigned)).completed()
        self.entries[name] = entry
        return entry

    def _beyond_right(self, charter: Charter) -> CharterEntry:
        act = Admit(authors=(author("Mallory"),), device=device("Mallory"), introducer=False, name="Mallory")
        draft = DraftEntry.of(act, device("Bo"), mesh=self.mesh, parents=charter.heads)
        return draft.signed_by(key("Bo"), key("Mallory"), author_key("Mallory")).completed()

    def _after_leaving(self, charter: Charter) -> CharterEntry:
        act = Certify(author=author("Bo", 1), device=device("Bo"))
        draft = DraftEntry.of(act, device("Bo"), mesh=self.mesh, parents=charter.heads)
        return draft.signed_by(key("Bo"), author_key("Bo", 1)).completed()

    def _name(self, one: bytes) -> str:
        return next(name for name, entry in self.entries.items() if entry.id == one)

    def _names(self, ids: Iterable[bytes]) -> Json:
        return [*sorted(self._name(one) for one in ids)]


def _founder(name: str) -> Founder:
    return Founder(name, key(name), author_key(name, 1))


def texts() -> dict[Path, str]:
    """The files as they should stand."""
    contents = {"seals.json": make_seals(), "charter.json": make_charter()}
    return {
        FOLDER / name: json.dumps(content, indent=1, ensure_ascii=False) + "\n" for name, content in contents.items()
    }


def main(arguments: list[str]) -> int:
    """Write the files, or compare them."""
    stale = [path for path, text in texts().items() if not path.exists() or path.read_text() != text]
    if arguments == ["--check"]:
        sys.stdout.writelines(f"{path.name} differs from what the program makes\n" for path in stale)
        return 1 if stale else 0
    for path in stale:
        path.write_text(texts()[path])
    return 0


def _seed(name: str) -> str:
    return sha256(f"edenmesh test key {name}".encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
