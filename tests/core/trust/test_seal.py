"""A seal holds for the author, size and root it was signed for, and for nothing else."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edenmesh.core.encoding import encode
from edenmesh.core.trust import Frontier, Seal, SigningKey, is_signed, sign_tagged
from edenmesh.errors import InvalidInput, RemoteProtocolError, SealInvalid
from tests.oracle.charter_worlds import author, key

FRONTIER = Frontier.EMPTY.extended([bytes([n]) * 32 for n in range(5)])


def test_keys_and_signatures_are_those_of_rfc_8032() -> None:
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    signing = SigningKey(seed)
    assert signing.public_key.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert signing.sign(b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe"
        "24655141438e7a100b"
    )


def test_a_seal_reads_back_and_is_valid() -> None:
    seal = Seal.sign(author(0), FRONTIER)
    assert seal.author == author(0).public_key
    assert (seal.size, seal.root) == (5, FRONTIER.root())
    again = Seal.decode(seal.encode())
    again.require_valid()
    assert again == seal


@pytest.mark.parametrize("field", ["author", "root", "signature"])
@pytest.mark.parametrize("bit", [0, 100, 255])
def test_a_seal_with_one_bit_turned_is_invalid(field: str, bit: int) -> None:
    seal = Seal.sign(author(0), FRONTIER)
    value = bytearray(getattr(seal, field))
    value[bit // 8] ^= 1 << bit % 8
    broken = Seal.decode(msgspec.structs.replace(seal, **{field: bytes(value)}).encode())
    with pytest.raises(SealInvalid):
        broken.require_valid()


def test_a_seal_for_another_size_is_invalid() -> None:
    seal = Seal.sign(author(0), FRONTIER)
    with pytest.raises(SealInvalid):
        msgspec.structs.replace(seal, size=6).require_valid()


def test_a_signature_for_one_purpose_does_not_serve_another() -> None:
    content = b"x" * 32
    signature = sign_tagged(author(0), "entry", content)
    assert is_signed(author(0).public_key, "entry", content, signature)
    assert not is_signed(author(0).public_key, "seal", content, signature)


@pytest.mark.parametrize("bad_key", [b"", b"\xff" * 32, b"x" * 31])
def test_a_key_that_is_none_signs_nothing(bad_key: bytes) -> None:
    assert not is_signed(bad_key, "seal", b"", b"\0" * 64)


def test_an_empty_log_cannot_be_sealed() -> None:
    with pytest.raises(InvalidInput):
        Seal.sign(author(0), Frontier.EMPTY)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", 0),
        ("size", -1),
        ("size", 2**53 + 1),
        ("size", "5"),
        ("author", b"x" * 31),
        ("root", b"x" * 33),
        ("signature", b""),
        ("room", b"x" * 600),
    ],
)
def test_a_seal_of_the_wrong_shape_is_refused(field: str, value: object) -> None:
    plain = {**msgspec.structs.asdict(Seal.sign(author(0), FRONTIER)), field: value}
    with pytest.raises(RemoteProtocolError):
        Seal.decode(encode(plain))


@given(st.binary(max_size=600))
def test_any_bytes_are_a_seal_or_refused(data: bytes) -> None:
    try:
        seal = Seal.decode(data)
    except RemoteProtocolError:
        return
    with pytest.raises(SealInvalid):
        seal.require_valid()


def test_a_field_newer_than_this_program_is_tolerated() -> None:
    seal = Seal.sign(key("somebody"), FRONTIER)
    assert Seal.decode(encode({**msgspec.structs.asdict(seal), "zone": "later"})) == seal
