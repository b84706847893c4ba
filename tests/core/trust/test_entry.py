"""Entries are canonical, valid and signed by all who must sign, or they are not entries."""

from itertools import count
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edenmesh.core.encoding import Plain, decode, encode
from edenmesh.core.limits import ADDRESS_CHARS_MAX, ASK_WHY_CHARS_MAX, CHARTER_ENTRY_BYTES_MAX, CHARTER_STUBS_MAX
from edenmesh.core.trust import (
    Certify,
    CharterEntry,
    DraftEntry,
    Found,
    destination_id,
    require_device_name,
)
from edenmesh.errors import EdenmeshError, InvalidInput, NotPermitted, RemoteProtocolError
from tests.oracle.charter_worlds import World, author, device, key, random_steps, write_unknown

MESH = b"m" * 32
PARENT = b"p" * 32
KINDS = {
    *("found", "admit", "certify", "roles", "leave", "revoke"),
    *("accept", "destination", "form", "erase", "confirm", "ask"),
}
A, B, C = (bytes([letter]) * 32 for letter in b"abc")


def plain_of(entry: CharterEntry) -> dict[str, Plain]:
    plain = decode(entry.encode(), CHARTER_ENTRY_BYTES_MAX)
    assert isinstance(plain, dict)
    return plain


def certification() -> CharterEntry:
    act = Certify(author=author(1).public_key, device=device(1).public_key)
    draft = DraftEntry.of(act, device(1).public_key, mesh=MESH, parents=(PARENT,))
    return draft.signed_by(device(1), author(1)).completed()


def test_entries_of_every_kind_read_back() -> None:
    seen = set()
    for seed in count():
        for entry in World(random_steps(Random(seed), 60), stewards=3).entries.values():
            again = CharterEntry.decode(entry.encode())
            assert again == entry
            assert (again.id, again.act, again.content) == (entry.id, entry.act, entry.content)
            seen.add(entry.kind)
        if seen == KINDS | {"weave"}:
            break
        assert seed < 40, KINDS - seen


def test_the_id_covers_everything_but_the_signatures() -> None:
    act = Certify(author=author(1).public_key, device=device(1).public_key)
    draft = DraftEntry.of(act, device(1).public_key, mesh=MESH, parents=(PARENT,))
    assert draft.id == draft.signed_by(author(1)).id == certification().id
    assert draft.id != DraftEntry.of(act, device(1).public_key, mesh=MESH, parents=(b"q" * 32,)).id


def test_a_draft_travels_from_signer_to_signer_and_is_no_entry_before_the_last() -> None:
    act = Certify(author=author(1).public_key, device=device(1).public_key)
    draft = DraftEntry.of(act, device(1).public_key, mesh=MESH, parents=(PARENT,))
    half = DraftEntry.decode(draft.encode()).signed_by(author(1))
    assert half.unsigned == (device(1).public_key,)
    with pytest.raises(InvalidInput):
        half.completed()
    with pytest.raises(RemoteProtocolError):
        CharterEntry.decode(half.encode())
    assert DraftEntry.decode(half.encode()).signed_by(device(1)).completed() == certification()


def test_a_key_that_an_entry_does_not_name_cannot_sign_it() -> None:
    act = Certify(author=author(1).public_key, device=device(1).public_key)
    draft = DraftEntry.of(act, device(1).public_key, mesh=MESH, parents=(PARENT,))
    with pytest.raises(NotPermitted):
        draft.signed_by(key("Mallory"))


def forgeries() -> list[bytes]:
    """Entries whose signatures do not hold: of others, of other content, swapped, cut short, one bit turned."""
    entry = certification()
    plain, (first, second) = plain_of(entry), entry.signatures
    elsewhere = DraftEntry.of(
        Certify(author=author(1).public_key, device=device(1).public_key),
        device(1).public_key,
        mesh=MESH,
        parents=(b"q" * 32,),
    )
    other, _ = elsewhere.signed_by(device(1), author(1)).signatures
    turned = bytes([first[0] ^ 1]) + first[1:]
    pairs = [(second, first), (first, first), (other, second), (turned, second), (first[:63], second), (first, b"")]
    return [encode({**plain, "signatures": list(pair)}) for pair in pairs]


def test_forged_entries_are_refused() -> None:
    refused = 0
    for data in forgeries():
        with pytest.raises(RemoteProtocolError):
            CharterEntry.decode(data)
        refused += 1
    assert refused == 6


@pytest.mark.parametrize(
    "change",
    [
        {"kind": ""},
        {"kind": "k" * 129},
        {"kind": "cafe\u0301"},
        {"kind": 3},
        {"mesh": b""},
        {"mesh": b"m" * 31},
        {"parents": []},
        {"parents": [b"p" * 31]},
        {"parents": [B, A]},
        {"parents": [A, A]},
        {"parents": [number.to_bytes(32, "big") for number in range(1025)]},
        {"signers": []},
        {"signers": [b"k" * 31]},
        {"body": []},
        {"body": {"x": [[[[[[[["deep"]]]]]]]]}},
        {"body": {"x": 1.5}},
        {"body": {"x": None}},
        {"signatures": []},
        {"signatures": "x"},
        {"signatures": [3]},
        {"body": {"x": b"x" * 70_000}},
    ],
)
def test_an_entry_of_the_wrong_shape_is_refused(change: dict[str, object]) -> None:
    plain = plain_of(write_unknown(device(1), MESH, [PARENT]))
    with pytest.raises(RemoteProtocolError):
        CharterEntry.decode(encode({**plain, **change}))


URL, HTTP, LONG = "https://eden.example.org/eden", "http://10.0.0.2", "https://" + "x" * ADDRESS_CHARS_MAX
BODIES: list[tuple[str, dict[str, object]]] = [
    ("found", {"author": A, "device": device(1).public_key, "name": "x"}),
    ("found", {"author": A, "device": device(1).public_key, "name": "x", "salt": b"s" * 15}),
    ("admit", {"authors": [], "device": A, "introducer": False, "name": "x"}),
    ("admit", {"authors": [C, B], "device": A, "introducer": False, "name": "x"}),
    ("admit", {"authors": [B], "device": A, "introducer": 1, "name": "x"}),
    ("admit", {"authors": [B], "device": A[1:], "introducer": True, "name": "x"}),
    ("admit", {"authors": [B], "device": A, "introducer": True, "name": ""}),
    ("admit", {"authors": [B], "device": A, "introducer": True, "name": "x\u202ey"}),
    ("certify", {"author": b"", "device": device(1).public_key}),
    ("roles", {"device": A}),
    ("roles", {"device": A, "give": ["gateway"], "take": ["steward"]}),
    ("roles", {"device": A, "give": ["gateway"], "take": []}),
    ("roles", {"device": A, "give": ["steward", "gateway"]}),
    ("roles", {"device": A, "give": [""]}),
    ("roles", {"device": A, "give": ["gateway"], "point": [B]}),
    ("roles", {"device": A, "take": ["gateway"], "point": []}),
    ("roles", {"device": A, "take": ["gateway"], "point": [C, B]}),
    ("roles", {"device": A, "take": sorted(f"role {number}" for number in range(17))}),
    ("leave", {}),
    ("revoke", {"device": A}),
    ("revoke", {"device": A, "seals": [[B, 0, C]]}),
    ("revoke", {"device": A, "seals": [[B, 2**53 + 1, C]]}),
    ("revoke", {"device": A, "seals": [[B, 1, C[1:]]]}),
    ("revoke", {"device": A, "seals": [[C, 1, C], [B, 1, C]]}),
    ("revoke", {"device": A, "seals": [[B, 1]]}),
    ("revoke", {"device": A, "seals": [], "point": [b""]}),
    ("accept", {"author": A, "root": B}),
    ("accept", {"author": A, "root": B, "size": 0}),
    ("accept", {"author": A, "root": B[1:], "size": 1}),
    ("accept", {"author": bytes(32), "root": B, "size": 1}),
    ("destination", {"address": "", "destination": destination_id(""), "name": "x", "pin": A}),
    ("destination", {"address": URL, "destination": A, "name": "x", "pin": A}),
    ("destination", {"address": URL, "destination": destination_id(URL), "name": "", "pin": A}),
    ("destination", {"address": URL, "destination": destination_id(URL), "name": "x", "pin": b""}),
    ("destination", {"address": URL, "destination": destination_id(URL), "name": "x", "pin": A[1:]}),
    ("destination", {"address": HTTP, "destination": destination_id(HTTP), "name": "x", "pin": A}),
    ("destination", {"address": LONG, "destination": destination_id(LONG), "name": "x", "pin": A}),
    ("form", {"form": A[1:], "table": "x"}),
    ("form", {"form": A, "table": ""}),
    ("form", {"form": A, "table": "x" * 129}),
    ("erase", {}),
    ("erase", {"spares": [A]}),
    ("erase", {"names": []}),
    ("erase", {"names": [A[1:]]}),
    ("erase", {"names": [B, A]}),
    ("erase", {"firsts": [A], "spares": [A]}),
    ("erase", {"names": [number.to_bytes(32, "big") for number in range(CHARTER_STUBS_MAX + 1)]}),
    ("confirm", {"entry": A[1:]}),
    ("confirm", {}),
    ("ask", {"names": [A]}),
    ("ask", {"why": "x"}),
    ("ask", {"names": [A], "why": "x" * (ASK_WHY_CHARS_MAX + 1)}),
]


@pytest.mark.parametrize(("kind", "body"), BODIES)
def test_a_body_that_its_kind_does_not_allow_is_refused(kind: str, body: dict[str, object]) -> None:
    signer = device(1)
    signers = [signer.public_key, *_keys_in(body)] if kind in ("found", "admit", "certify") else [signer.public_key]
    found = kind == "found"
    plain = {
        "body": body,
        "kind": kind,
        "mesh": b"" if found else MESH,
        "parents": [] if found else [PARENT],
        "signatures": [b""] * len(signers),
        "signers": signers,
    }
    with pytest.raises(RemoteProtocolError) as caught:
        DraftEntry.decode(encode(plain))
    assert "signers" not in caught.value.what


def _keys_in(body: dict[str, object]) -> list[object]:
    """The keys that consent, by the body."""
    authors = body.get("authors", [])
    assert isinstance(authors, list)
    return [one for one in (body["device"], body.get("author"), *authors) if one and one != device(1).public_key]


@pytest.mark.parametrize("signers", [[A], [A, B], [B, A, C], [A, B, C, b"d" * 32], [B, B, C]])
def test_an_admission_has_to_be_signed_by_the_very_keys_it_names(signers: list[bytes]) -> None:
    plain: dict[str, Plain] = {
        "body": {"authors": [C], "device": B, "introducer": False, "name": "x"},
        "kind": "admit",
        "mesh": MESH,
        "parents": [PARENT],
        "signers": [*signers],
    }
    DraftEntry({**plain, "signers": [A, B, C]}, (b"", b"", b""))
    with pytest.raises(InvalidInput):
        DraftEntry(plain, (b"",) * len(signers))


@pytest.mark.parametrize("kind", ["leave", "certify", "found"])
def test_a_device_leaves_certifies_and_founds_for_itself_only(kind: str) -> None:
    body: dict[str, Plain] = {"device": B}
    if kind != "leave":
        body["author"] = C
    if kind == "found":
        body |= {"name": "x", "salt": b"s" * 16}
    signers: list[Plain] = [A] if kind == "leave" else [A, C]
    plain: dict[str, Plain] = {
        "body": body,
        "kind": kind,
        "mesh": b"" if kind == "found" else MESH,
        "parents": [] if kind == "found" else [PARENT],
        "signers": signers,
    }
    DraftEntry({**plain, "signers": [B, *signers[1:]]}, (b"",) * len(signers))
    with pytest.raises(InvalidInput):
        DraftEntry(plain, (b"",) * len(signers))


def test_signatures_that_are_none_do_not_slip_in_between() -> None:
    entry = certification()
    for stray in (3, "x", False):
        data = encode({**plain_of(entry), "signatures": [entry.signatures[0], stray, entry.signatures[1]]})
        with pytest.raises(RemoteProtocolError):
            CharterEntry.decode(data)


def test_bytes_that_are_not_canonical_are_refused() -> None:
    data = certification().encode()
    assert data.count(b"\xa4kind\xa7certify") == 1
    longer = data.replace(b"\xa4kind\xa7certify", b"\xd9\x04kind\xa7certify")
    for bad in (longer, data + b"\0", data[:-1], b"", b"\x80", b"\xc0"):
        with pytest.raises(RemoteProtocolError):
            CharterEntry.decode(bad)


def test_fields_newer_than_this_program_are_kept_and_signed() -> None:
    signer = device(1)
    plain: dict[str, Plain] = {
        "body": {"device": signer.public_key, "reason": "later"},
        "kind": "leave",
        "mesh": MESH,
        "parents": [PARENT],
        "signers": [signer.public_key],
        "zone": {"later": [1]},
    }
    entry = DraftEntry(plain, (b"",)).signed_by(signer).completed()
    again = CharterEntry.decode(entry.encode())
    assert again.encode() == entry.encode()
    assert again.body["reason"] == "later"
    with pytest.raises(RemoteProtocolError):
        CharterEntry.decode(encode({**plain, "signatures": list(entry.signatures), "zone": {"later": [2]}}))


@pytest.mark.parametrize(
    ("parents", "stewards", "signers"),
    [
        pytest.param([PARENT], [], ["device", "author"], id="heads and no steward"),
        pytest.param([], ["steward"], ["device", "author", "steward"], id="a steward and no heads"),
        pytest.param([PARENT], ["steward"], ["device", "author"], id="a steward that did not sign"),
        pytest.param([PARENT], ["device"], ["device", "author", "device"], id="a founder that signs twice"),
        pytest.param([PARENT], ["steward", "b", "c"], ["device", "author", "steward", "b", "c"], id="three stewards"),
    ],
)
def test_a_mesh_that_continues_others_needs_their_heads_and_a_steward_of_each(
    parents: list[bytes], stewards: list[str], signers: list[str]
) -> None:
    def founded(stewards: list[str], signers: list[str], parents: list[bytes]) -> DraftEntry:
        names = sorted(key(name).public_key for name in stewards)
        body: dict[str, Plain] = {"author": key("author").public_key, "device": key("device").public_key}
        body.update(name="x", salt=b"s" * 16)
        if names:
            body["stewards"] = [*names]
        extra = sorted(key(name).public_key for name in signers[2:])
        keys = [key(name).public_key for name in signers[:2]] + extra
        plain: dict[str, Plain] = {"body": body, "kind": "found", "mesh": b"", "parents": [*parents]}
        return DraftEntry({**plain, "signers": [*keys]}, (b"",) * len(keys))

    assert founded(["steward", "b"], ["device", "author", "steward", "b"], [PARENT]).act is not None
    assert founded(["device", "b"], ["device", "author", "b"], [PARENT]).act is not None
    with pytest.raises(InvalidInput):
        founded(stewards, signers, parents)


def test_a_found_entry_inside_a_mesh_is_refused() -> None:
    act = Found(author=author(1).public_key, device=device(1).public_key, name="x", salt=b"s" * 16)
    with pytest.raises(InvalidInput):
        DraftEntry.of(act, device(1).public_key, mesh=MESH, parents=())


@pytest.mark.parametrize("name", ["x", "Amina (KTM-04)", "امينة", "Ñandú", "x" * 64, "👩‍🔧 van 3"])
def test_names_of_people_in_any_script_are_allowed(name: str) -> None:
    require_device_name(name)


@pytest.mark.parametrize("name", ["", " x", "x\n", "x\0y", "x" * 65, "\u2067x", "cafe\u0301", "\u2028"])
def test_names_that_cannot_be_shown_are_refused(name: str) -> None:
    with pytest.raises(EdenmeshError):
        require_device_name(name)


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_without_a_crash(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        CharterEntry.decode(data)


@given(st.integers(0, 10_000), st.integers(0, 255), st.data())
def test_a_changed_byte_is_refused(position: int, value: int, data: st.DataObject) -> None:
    entries = [certification(), write_unknown(device(1), MESH, [PARENT])]
    encoded = bytearray(data.draw(st.sampled_from(entries)).encode())
    position %= len(encoded)
    if encoded[position] == value:
        value ^= 1
    encoded[position] = value
    with pytest.raises(RemoteProtocolError):
        CharterEntry.decode(bytes(encoded))
