"""Entries of the charter, as far as a plain member has to understand them: docs/protocol/charter.md.

Roles and revocations in dispute are not weighed here; a peer that governs nothing carries the entries as they are.
"""

from collections.abc import Iterable

from tests.interop.peer.encoding import Key, Refused, Value, decode, encode, field, octets, tagged, verify


def entry_id(entry: bytes) -> bytes:
    return tagged("entry", encode({name: item for name, item in decode(entry).items() if name != "signatures"}))


def check(entry: bytes) -> None:
    """Raise Refused unless all signatures hold."""
    said = decode(entry)
    signers, signatures = octets(said["signers"]), octets(said["signatures"])
    if not signers or len(set(signers)) != len(signers) or len(signatures) != len(signers):
        raise Refused("signers and signatures that do not match")
    for signer, signature in zip(signers, signatures, strict=True):
        verify(signer, "entry", entry_id(entry), signature)


def sign(entry: bytes, *keys: Key) -> bytes:
    """Fill in the places of these keys; the others stay as they are."""
    said = decode(entry)
    made = {key.public: key.sign("entry", entry_id(entry)) for key in keys}
    places = zip(octets(said["signers"]), octets(said["signatures"]), strict=True)
    return encode({**said, "signatures": [made.get(signer, signature) for signer, signature in places]})


def found(device: Key, author: Key, name: str, salt: bytes) -> bytes:
    body: dict[str, Value] = {"author": author.public, "device": device.public, "name": name, "salt": salt}
    entry: dict[str, Value] = {"body": body, "kind": "found", "mesh": b"", "parents": []}
    signers: list[Value] = [device.public, author.public]
    return sign(encode({**entry, "signatures": [b"", b""], "signers": signers}), device, author)


def charter_hash(entries: Iterable[bytes]) -> bytes:
    return tagged("charter", *sorted(entry_id(entry) for entry in entries))


def members(entries: Iterable[bytes]) -> dict[bytes, set[bytes]]:
    """Devices that belong, each with its authors; entries have to come with their parents first."""
    named: dict[bytes, set[bytes]] = {}
    for entry in entries:
        said = decode(entry)
        kind, body = said["kind"], field(said, "body", dict)
        device = field(body, "device", bytes) if "device" in body else b""
        if kind == "admit":
            named[device] = set(octets(body["authors"]))
        elif kind in ("found", "certify"):
            named.setdefault(device, set()).add(field(body, "author", bytes))
        elif kind in ("leave", "revoke"):
            named.pop(device, None)
    return named
