"""seals.json and charter.json are what the program makes, and what any other reader of the documents would find."""

import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edenmesh.core.ids import MeshId
from edenmesh.core.trust import Charter, CharterEntry, Frontier, Seal
from edenmesh.errors import RemoteProtocolError
from tests.oracle.charter_verdict import judge
from tests.vectors import make_trust

FOLDER = Path(__file__).parent
SEALS: dict[str, Any] = json.loads((FOLDER / "seals.json").read_text())
CHARTER: dict[str, Any] = json.loads((FOLDER / "charter.json").read_text())
ENTRIES = {name: bytes.fromhex(entry["bytes"]) for name, entry in CHARTER["entries"].items()}


def canonical(value: object) -> bytes:
    return msgspec.msgpack.encode(value, order="deterministic")


def tagged(tag: str, *parts: bytes) -> bytes:
    return sha256(
        f"edenmesh/{tag}/1\0".encode() + b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    ).digest()


@pytest.mark.parametrize(("path", "text"), make_trust.texts().items(), ids=lambda value: getattr(value, "name", ""))
def test_the_file_is_what_the_program_makes(path: Path, text: str) -> None:
    assert path.read_text() == text


def test_keys_come_from_their_seeds() -> None:
    for one in CHARTER["keys"].values():
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(one["seed"]))
        assert private.public_key().public_bytes_raw().hex() == one["public"]
    assert len(CHARTER["keys"]) == 18


def test_seals_are_signed_tree_heads() -> None:
    ids = [sha256(f"edenmesh test version {number}".encode()).digest() for number in range(1025)]
    author = Ed25519PublicKey.from_public_bytes(bytes.fromhex(SEALS["author"]))
    for case in SEALS["seals"]:
        root = bytes.fromhex(case["root"])
        message = b"edenmesh/seal/1\0" + author.public_bytes_raw() + case["size"].to_bytes(8, "big") + root
        author.verify(bytes.fromhex(case["signature"]), message)
        plain = {"author": author.public_bytes_raw(), "root": root, "size": case["size"]}
        assert bytes.fromhex(case["seal"]) == canonical({**plain, "signature": bytes.fromhex(case["signature"])})
        Seal.decode(bytes.fromhex(case["seal"])).require_valid()
        frontier = Frontier.EMPTY.extended(ids[: case["size"]])
        assert frontier == Frontier.decode(bytes.fromhex(case["frontier"]))
        assert [peak.hex() for peak in frontier.peaks] == case["peaks"]
        assert frontier.root() == root
    assert len(SEALS["seals"]) == 8


def test_entries_are_named_and_signed_as_the_documents_say() -> None:
    signatures = 0
    for name, data in ENTRIES.items():
        plain = msgspec.msgpack.decode(data)
        assert canonical(plain) == data
        given = plain.pop("signatures")
        one = tagged("entry", canonical(plain))
        assert one.hex() == CHARTER["entries"][name]["id"]
        for signer, signature in zip(plain["signers"], given, strict=True):
            Ed25519PublicKey.from_public_bytes(signer).verify(signature, b"edenmesh/entry/1\0" + one)
            signatures += 1
    assert {entry["kind"] for entry in CHARTER["entries"].values()} == {
        *("found", "admit", "certify", "roles", "leave", "revoke", "weave"),
        *("accept", "destination", "form", "erase", "confirm", "ask"),
    }
    assert signatures > 25


@pytest.mark.parametrize("case", CHARTER["cases"], ids=lambda case: str(case["what"]))
def test_a_set_of_entries_means_what_the_file_says(case: dict[str, Any]) -> None:
    ids = {CHARTER["entries"][name]["id"]: name for name in ENTRIES}
    entries = [CharterEntry.decode(ENTRIES[name]) for name in case["given"]]
    Random(7).shuffle(entries)
    mesh = MeshId(bytes.fromhex(case["mesh"] or CHARTER["entries"]["found"]["id"]))
    charter = Charter.of(entries, mesh if case["mesh"] else None)

    def names(some: Iterable[bytes]) -> list[str]:
        return sorted(ids[one.hex()] for one in some)

    assert charter.hash.hex() == case["hash"]
    assert charter.hash == tagged("charter", *sorted(charter.entries))
    assert names(charter.entries) == case["belong"]
    assert names(charter.waiting) == case["wait"]
    assert names(charter.refused) == case["refused"]
    assert names(charter.taken) == case["taken"]
    assert names(charter.struck) == case["struck"]
    assert {member.name: charter.is_member(member.device) for member in charter.members.values()} == {
        name: member["belongs"] for name, member in case["members"].items()
    }
    assert sorted(names(charter.meshes)) == sorted(case["meshes"])
    assert {one.destination.hex(): one.pin.hex() for one in charter.destinations.values()} == {
        one["id"]: one["pin"] for one in case["destinations"]
    }
    assert {table: form.hex() for table, form in charter.current_forms.items()} == case["forms"]
    assert [ids[one.entry.hex()] for one in charter.asked] == [one["entry"] for one in case["asked"]]
    assert [ids[one.entry.hex()] for one in charter.erasures] == [one["entry"] for one in case["erasures"]]
    model = judge(entries, mesh)
    assert names(model.taken) == case["taken"]
    assert names(model.struck) == case["struck"]


@pytest.mark.parametrize("case", CHARTER["refused"], ids=lambda case: str(case["why"]))
def test_what_is_no_entry_is_refused(case: dict[str, str]) -> None:
    assert bytes.fromhex(case["bytes"]) not in ENTRIES.values()
    with pytest.raises(RemoteProtocolError):
        CharterEntry.decode(bytes.fromhex(case["bytes"]))


def test_stubs_are_keyed_by_the_salt_of_the_mesh() -> None:
    """HMAC-SHA256 said another way than the program does."""
    (case,) = [case for case in CHARTER["cases"] if case["erasures"]]
    (erasure,) = case["erasures"]
    salt = bytes.fromhex(erasure["salt"])
    record = tagged("record", b"pr_person", b"urn:uuid:0")
    first = sha256(b"edenmesh test version 0").digest()
    for kind, value, stubs in (("name", record, erasure["names"]), ("first", first, erasure["firsts"])):
        message = f"edenmesh/erase {kind}/1\0".encode() + value
        padded = salt.ljust(64, b"\0")
        inner = sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
        assert stubs == [sha256(bytes(byte ^ 0x5C for byte in padded) + inner).hexdigest()]
