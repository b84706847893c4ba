"""channel.json is what the program makes, and what any other reader of the pages would find."""

import hmac
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tests.vectors import make_channel

GOLDEN: dict[str, Any] = json.loads(make_channel.PATH.read_text())
SENTENCE = b"edenmesh: the key of the 'anyone' authority is public, it vouches for nobody"


def test_bytes_of_the_channel_have_not_changed() -> None:
    assert make_channel.PATH.read_text() == make_channel.text()


def test_answers_at_the_door_follow_from_secret_and_nonce() -> None:
    for one in GOLDEN["door"]:
        secret, nonce = bytes.fromhex(one["secret"]), bytes.fromhex(one["nonce"])
        assert hmac.digest(secret, b"edenmesh/door/1\0" + nonce, "sha256")[:16].hex() == one["answer"]
    assert [len(one["secret"]) // 2 for one in GOLDEN["door"]] == [32, 16]


def test_certificates_verify_by_the_key_that_everybody_has() -> None:
    golden = GOLDEN["certificates"]
    anyone = Ed25519PrivateKey.from_private_bytes(sha256(SENTENCE).digest()).public_key()
    assert anyone.public_bytes_raw().hex() == golden["anyone_public"]
    authority = x509.load_der_x509_certificate(bytes.fromhex(golden["anyone_certificate"]))
    leaf = x509.load_der_x509_certificate(bytes.fromhex(golden["device_certificate"]))
    for certificate in (authority, leaf):
        anyone.verify(certificate.signature, certificate.tbs_certificate_bytes)
    key = leaf.public_key()
    assert isinstance(key, Ed25519PublicKey)
    assert key.public_bytes_raw().hex() == golden["device_key"]
    assert leaf.issuer == authority.subject


def test_tags_and_call_signs_follow_from_secret_day_and_name() -> None:
    lines = (Path(__file__).parents[2] / "src/edenmesh/net/words.txt").read_text().splitlines()
    words = [line.split() for line in lines]
    for one in GOLDEN["announcements"]:
        nonce, day = bytes.fromhex(one["txt"]["n"]), int(one["day"]).to_bytes(8, "big")
        content = b"edenmesh/nearby/1\0" + nonce + day
        tag = hmac.digest(bytes.fromhex(one["secret"]), content, "sha256")[:8].hex()
        assert one["txt"] == {"v": "1", "n": nonce.hex(), "t": tag}
        first, second = bytes.fromhex(one["instance"])[:2]
        assert one["call_sign"] == f"{words[first][0]} {words[second][1]}"
    assert len(GOLDEN["announcements"]) == 2
