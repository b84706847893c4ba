"""What a device can still lie about after people confirmed it: nothing but what was agreed is signed or stored."""

from collections.abc import Callable

import msgspec
import pytest

from edenmesh.core.encoding import decode, encode
from edenmesh.core.ids import AuthorId
from edenmesh.core.pairing import MeshSecret, Reason
from edenmesh.core.pairing.messages import CharterPart, Draft, Message, Signed, decode_message, encode_message
from edenmesh.core.trust import Admit, Charter, CharterEntry, DraftEntry, draft_admit, revoke
from tests.core.pairing.duet import (
    MESSAGE_MAX,
    Device,
    Duet,
    assert_both_failed,
    replacing,
    signing_key,
    two_lone,
)


def kinds(duet: Duet) -> list[type[Message]]:
    return [type(decode_message(data, MESSAGE_MAX)) for _, data in duet.carried]


def redraft(duet: Duet, **fields: object) -> Callable[[bytes], bytes]:
    """The listener drafts something else than both screens said."""
    phone, laptop = duet.dialler.device, duet.listener.device
    authors = tuple(key.public_key for key in phone.authors)
    agreed = Admit(authors=authors, device=phone.id, introducer=False, name="Phone")
    act = msgspec.structs.replace(agreed, **fields)
    draft = DraftEntry.of(act, laptop.id, mesh=laptop.mesh, parents=laptop.charter.heads)
    return lambda data: encode_message(Draft(draft.encode()))


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Somebody else"},
        {"device": signing_key("another device").public_key},
        {"authors": (signing_key("another author").public_key,)},
        {"authors": tuple(sorted((signing_key("author Phone").public_key, signing_key("one more").public_key)))},
    ],
)
def test_draft_that_differs_from_what_was_agreed_is_not_signed(fields: dict[str, object]) -> None:
    duet = two_lone()
    duet.run(replacing(Draft, redraft(duet, **fields)))
    assert_both_failed(duet, Reason.AGREEMENT)
    assert Signed not in kinds(duet)


def test_draft_as_agreed_is_signed() -> None:
    duet = two_lone()
    duet.run(replacing(Draft, redraft(duet)))
    assert duet.dialler.is_paired


def test_draft_for_another_mesh_is_not_signed() -> None:
    duet, other = two_lone(), Device("Other")
    phone = duet.dialler.device
    authors = [AuthorId(key.public_key) for key in phone.authors]
    draft = draft_admit(other.charter, other.id, phone.id, name="Phone", authors=authors, introducer=False)
    duet.run(replacing(Draft, lambda data: encode_message(Draft(draft.encode()))))
    assert_both_failed(duet, Reason.AGREEMENT)


def test_draft_that_is_no_admission_is_not_signed() -> None:
    duet = two_lone()
    entry = next(iter(duet.listener.device.charter.entries.values()))
    duet.run(replacing(Draft, lambda data: encode_message(Draft(entry.encode()))))
    assert_both_failed(duet, Reason.AGREEMENT)


def entries_of(part: bytes) -> tuple[list[CharterEntry], list[MeshSecret]]:
    message = decode_message(part, MESSAGE_MAX)
    assert isinstance(message, CharterPart)
    return [CharterEntry.decode(data) for data in message.entries], message.secrets


def without_admission(data: bytes) -> bytes:
    entries, secrets = entries_of(data)
    kept = [entry.encode() for entry in entries if not isinstance(entry.act, Admit)]
    return encode_message(CharterPart(kept, is_last=True, secrets=secrets))


def with_another_admission(data: bytes) -> bytes:
    """The device is a member by this charter, but not by the entry it signed."""
    entries, secrets = entries_of(data)
    phone, laptop = Device("Phone"), Device("Laptop")
    act = next(entry.act for entry in entries if isinstance(entry.act, Admit))
    other = msgspec.structs.replace(act, introducer=True)
    draft = DraftEntry.of(other, laptop.id, mesh=laptop.mesh, parents=laptop.charter.heads)
    admission = draft.signed_by(laptop.key, phone.key, *phone.authors).completed()
    kept = [entry for entry in entries if not isinstance(entry.act, Admit)]
    return encode_message(CharterPart([one.encode() for one in (*kept, admission)], is_last=True, secrets=secrets))


def with_a_revocation(data: bytes) -> bytes:
    """The device was admitted as agreed, and revoked in the next breath."""
    entries, secrets = entries_of(data)
    entry = revoke(Charter.of(entries), Device("Laptop").key, Device("Phone").id, [])
    return encode_message(CharterPart([one.encode() for one in (*entries, entry)], is_last=True, secrets=secrets))


def of_another_mesh(data: bytes) -> bytes:
    entries = [entry.encode() for entry in Device("Other").charter.entries.values()]
    return encode_message(CharterPart(entries, is_last=True, secrets=[]))


def with_two_meshes(data: bytes) -> bytes:
    entries, secrets = entries_of(data)
    both = [*entries, *Device("Other").charter.entries.values()]
    return encode_message(CharterPart([entry.encode() for entry in both], is_last=True, secrets=secrets))


def with_a_foreign_secret(data: bytes) -> bytes:
    entries, _ = entries_of(data)
    secrets = [MeshSecret(bytes(32), bytes(32))]
    return encode_message(CharterPart([entry.encode() for entry in entries], is_last=True, secrets=secrets))


def with_a_broken_signature(data: bytes) -> bytes:
    message = decode_message(data, MESSAGE_MAX)
    assert isinstance(message, CharterPart)
    broken = [entry[:-1] + bytes([entry[-1] ^ 1]) for entry in message.entries]
    return encode_message(CharterPart(broken, is_last=True, secrets=[]))


def with_nothing_in_it(data: bytes) -> bytes:
    return encode_message(CharterPart([], is_last=False, secrets=[]))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (without_admission, Reason.AGREEMENT),
        (with_another_admission, Reason.AGREEMENT),
        (with_a_revocation, Reason.AGREEMENT),
        (of_another_mesh, Reason.AGREEMENT),
        (with_a_foreign_secret, Reason.AGREEMENT),
        (with_two_meshes, Reason.PROTOCOL),
        (with_a_broken_signature, Reason.PROTOCOL),
        (with_nothing_in_it, Reason.PROTOCOL),
    ],
)
def test_charter_that_is_not_what_was_agreed_is_not_stored(change: Callable[[bytes], bytes], reason: Reason) -> None:
    duet = two_lone()
    before = duet.dialler.device.charter.hash
    duet.run(replacing(CharterPart, change))
    assert_both_failed(duet, reason)
    assert duet.dialler.device.charter.hash == before


def test_admission_that_was_not_signed_by_all_its_keys_is_not_stored() -> None:
    duet = two_lone()
    phone, laptop = duet.dialler.device, duet.listener.device

    def unsign(data: bytes) -> bytes:
        message = decode_message(data, MESSAGE_MAX)
        assert isinstance(message, Signed)
        plain = decode(message.entry, MESSAGE_MAX)
        assert isinstance(plain, dict)
        assert isinstance(plain["signatures"], list)
        plain["signatures"][1] = b""
        return encode_message(Signed(encode(plain)))

    duet.run(replacing(Signed, unsign))
    assert_both_failed(duet, Reason.PROTOCOL)
    assert not laptop.charter.is_member(phone.id)


def test_other_entry_than_the_drafted_one_is_not_stored() -> None:
    duet = two_lone()
    laptop = duet.listener.device
    entry = next(iter(laptop.charter.entries.values()))
    duet.run(replacing(Signed, lambda data: encode_message(Signed(entry.encode()))))
    assert_both_failed(duet, Reason.PROTOCOL)
    assert len(laptop.charter.entries) == 1


def test_right_that_a_joining_device_writes_into_its_own_admission_is_not_granted() -> None:
    duet = two_lone()
    phone, laptop = duet.dialler.device, duet.listener.device
    authors = [AuthorId(key.public_key) for key in phone.authors]
    grabbed = draft_admit(laptop.charter, laptop.id, phone.id, name="Phone", authors=authors, introducer=True)
    signed = grabbed.signed_by(phone.key, *phone.authors)
    duet.run(replacing(Signed, lambda data: encode_message(Signed(signed.encode()))))
    assert_both_failed(duet, Reason.PROTOCOL)
    assert not laptop.charter.is_member(phone.id)
