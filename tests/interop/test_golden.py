"""The stranger's encoder gives the golden bytes of tests/vectors, and it refuses what has to be refused."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.interop.peer import charter
from tests.interop.peer.channel import frame, unframe
from tests.interop.peer.encoding import Key, Refused, Value, decode, encode, field, octets, tagged
from tests.interop.peer.pairing import Codes
from tests.interop.peer.records import owned_uuid, root, seal, version_id
from tests.interop.peer.session import blinded, forms_hash, set_hash

VECTORS = Path(__file__).parents[1] / "vectors"


def read(name: str) -> Any:  # noqa: ANN401 - JSON of five shapes
    return json.loads((VECTORS / f"{name}.json").read_text())


def said_as_json(said: Any) -> Value:  # noqa: ANN401 - JSON of any shape
    """What a version says, from JSON with bytes in hexadecimal after 0x."""
    if isinstance(said, dict):
        return {name: said_as_json(item) for name, item in said.items()}
    if isinstance(said, list):
        return [said_as_json(item) for item in said]
    if isinstance(said, str) and said.startswith("0x"):
        return bytes.fromhex(said[2:])
    assert isinstance(said, str | int)
    return said


def test_versions_and_their_ids_come_out_byte_for_byte() -> None:
    golden = read("versions")
    for name, version in golden["versions"].items():
        data = encode(said_as_json(version["says"]))
        assert (data.hex(), version_id(data).hex()) == (version["bytes"], version["id"]), name
    assert len(golden["versions"]) == 52
    first = decode(bytes.fromhex(golden["versions"]["first"]["bytes"]))
    salt, author = field(first, "salt", bytes), field(first, "author", bytes)
    assert owned_uuid(author, 0, salt, "org_facility") == golden["record"]["uuid"]
    assert tagged("record", b"org_facility", golden["record"]["uuid"].encode()).hex() == golden["record"]["id"]


def test_bytes_outside_the_one_encoding_are_refused() -> None:
    refused = read("versions")["refused"]
    names = ["a number in a longer form", "a length in a longer form", "keys out of order", "a key that stands twice"]
    names += ["a number with a fraction", "nil", "something after the end", "an end that is missing", "nothing"]
    for name in names + [name for name in refused if "normal form" in name]:
        with pytest.raises(Refused):
            decode(bytes.fromhex(refused[name]))


def test_seals_come_out_byte_for_byte() -> None:
    golden = read("seals")
    author = Key(bytes.fromhex(golden["author_seed"]))
    ids = [hashlib.sha256(f"edenmesh test version {number}".encode()).digest() for number in range(1025)]
    assert author.public.hex() == golden["author"]
    assert root([]).hex() == golden["empty_root"]
    for one in golden["seals"]:
        assert encode(seal(author, ids[: one["size"]])).hex() == one["seal"]
    assert [one["size"] for one in golden["seals"]][-1] == 1025


def test_charter_entries_are_signed_and_named_alike() -> None:
    golden = read("charter")
    keys = {key["public"]: Key(bytes.fromhex(key["seed"])) for key in golden["keys"].values()}
    for name, one in golden["entries"].items():
        data = bytes.fromhex(one["bytes"])
        charter.check(data)
        signers: list[Value] = [bytes.fromhex(signer) for signer in one["signers"]]
        empty = encode({**decode(data), "signatures": [b"" for _ in signers]})
        signed = charter.sign(empty, *(keys[signer] for signer in one["signers"]))
        assert (charter.entry_id(empty).hex(), signed) == (one["id"], data), name
    assert len(golden["entries"]) == 28
    for case in golden["cases"]:
        belong = [bytes.fromhex(golden["entries"][name]["bytes"]) for name in case["belong"]]
        assert charter.charter_hash(belong).hex() == case["hash"]
    team = [bytes.fromhex(golden["entries"][name]["bytes"]) for name in golden["cases"][1]["belong"]]
    belonging = {one["device"] for one in golden["cases"][1]["members"].values() if one["belongs"]}
    assert {device.hex() for device in charter.members(team)} == belonging


def test_pairing_gives_the_same_digits_and_messages() -> None:
    golden = read("pairing")
    data = {(one["from"], one["kind"]): bytes.fromhex(one["bytes"]) for one in golden["messages"]}
    for message in data.values():
        assert encode(decode(message)) == message
    dialler, listener = (bytes.fromhex(golden["nonces"][side]) for side in ("dialler", "listener"))
    sides = [golden["devices"][side] for side in ("dialler", "listener")]
    keys = (bytes.fromhex(sides[0]["device_key"]), bytes.fromhex(sides[1]["device_key"]))
    said = (data["dialler", "introduction"], data["listener", "introduction"])
    codes = Codes(keys, bytes.fromhex(golden["binding"]), said)
    assert codes.context.hex() == golden["context"]
    assert codes.commitment(dialler).hex() == golden["commitment"]
    assert codes.code(dialler, listener) == golden["code"]
    for side, expected in golden["confirmations"].items():
        assert codes.confirmation(dialler, listener, side).hex() == expected
    joiner = [Key(bytes.fromhex(sides[0][seed])) for seed in ("device_seed", "author_seed")]
    draft = field(decode(data["listener", "draft"]), "entry", bytes)
    assert encode({"$": "signed", "entry": charter.sign(draft, *joiner)}) == data["dialler", "signed"]


def test_frames_come_out_byte_for_byte() -> None:
    golden = read("frames")
    frames = golden["messages"] + [one for story in ("session", "filling", "guests") for one in golden[story]["frames"]]
    for one in frames:
        data = bytes.fromhex(one["bytes"])
        assert (unframe(data)["m"], frame(encode(unframe(data)))) == (one["kind"], data)
    assert len(frames) == 92
    encoded = ["a frame without even its flags", "a flag that has no meaning yet", "keys out of order"]
    for name in [*encoded, "a body that is no map", "bytes after the message", "an unknown field with a nil"]:
        with pytest.raises(Refused):
            unframe(bytes.fromhex(golden["refused"][name]))


def test_hashes_of_a_session_are_the_same() -> None:
    golden = read("frames")["session"]
    said = {(one["from"], one["kind"]): unframe(bytes.fromhex(one["bytes"])) for one in reversed(golden["frames"])}
    entries = [bytes.fromhex(entry) for entry in golden["charter"]]
    nonces = [field(said[name, "hello"], "nonce", bytes) for name in ("Ana", "Ben")]
    assert said["Ana", "hello"]["mesh"] == blinded(nonces[0], charter.entry_id(entries[0]))
    assert said["Ana", "hello"]["charter"] == blinded(nonces[0], charter.charter_hash(entries))
    assert said["Ben", "charter_done"]["charter"] == charter.charter_hash(entries)
    form = field(said["Ana", "form"], "form", bytes)
    assert octets(said["Ana", "forms"]["forms"]) == [tagged("form", form)]
    assert said["Ana", "have"]["forms"] == forms_hash({tagged("form", form): form})
    for name in ("Ana", "Ben"):
        device = bytes.fromhex(golden["devices"][name]["device_key"])
        assert said[name, "have"]["set_hash"] == set_hash(device, (nonces[0], nonces[1]), said[name, "vector"]["logs"])
