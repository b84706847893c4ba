"""Writes channel.json: answers at the door, the two certificates, announcements and their call-signs.

Run `python -m tests.vectors.make_channel` after a change that is meant to change bytes; otherwise nothing should.
Bytes are in hex. A peer need not make the same certificate; it has to carry the same key, and to verify.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from edenmesh.net.announcement import Announcement, day_number
from edenmesh.net.call_sign import call_sign
from edenmesh.net.certificate import anyone_certificate, anyone_key, leaf_certificate
from edenmesh.net.door import door_answer

PATH = Path(__file__).with_name("channel.json")

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json]"


def make() -> dict[str, Json]:
    """The content of the file."""
    mesh_secret, door_secret = bytes(range(32)), bytes(range(16, 32))
    seed = sha256(b"device Phone").digest()
    device = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return {
        "about": "the device is the dialler of pairing.json; secrets are counted up; noon of 2026-11-23 UTC",
        "door": [answer(mesh_secret, bytes(range(16))), answer(door_secret, bytes(range(100, 116)))],
        "certificates": {
            "anyone_public": anyone_key().public_key().public_bytes_raw().hex(),
            "anyone_certificate": der(anyone_certificate()),
            "device_seed": seed.hex(),
            "device_key": device.hex(),
            "device_certificate": der(leaf_certificate(device)),
        },
        "announcements": [
            announcement(mesh_secret, bytes.fromhex(nonce), instance, 1_795_435_200)
            for nonce, instance in (("0001020304050607", "00a1b2c3"), ("f0f1f2f3f4f5f6f7", "ff00ff00"))
        ],
    }


def answer(secret: bytes, nonce: bytes) -> Json:
    """What a dialler that knows the secret answers at the door."""
    return {"secret": secret.hex(), "nonce": nonce.hex(), "answer": door_answer(secret, nonce).hex()}


def announcement(secret: bytes, nonce: bytes, instance: str, now: int) -> Json:
    """What a member announces on one day."""
    made = Announcement.make(secret, lambda _: nonce, now)
    return {
        "secret": secret.hex(),
        "day": day_number(now),
        "instance": instance,
        "call_sign": call_sign(instance),
        "txt": {name: text.decode() for name, text in made.encode().items()},
    }


def der(certificate: x509.Certificate) -> str:
    """A certificate as it travels."""
    return certificate.public_bytes(Encoding.DER).hex()


def text() -> str:
    """The file as it should stand."""
    return json.dumps(make(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text())
