"""Writes pairing.json: one whole pairing of two lone devices, its code, and a QR payload, all from fixed seeds.

Run `python -m tests.vectors.make_pairing` after a change that is meant to change bytes; otherwise nothing should.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from edenmesh.core.encoding import decode
from edenmesh.core.pairing import Address, QrPayload, Role, key_hash, sas
from edenmesh.core.pairing.sas import NONCE_BYTES, Ends
from tests.core.pairing.duet import BINDING, MESSAGE_MAX, Device, Duet, seeded

PATH = Path(__file__).with_name("pairing.json")

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json]"


def make() -> dict[str, Json]:
    """The content of the file."""
    phone, laptop = Device("Phone", records=17), Device("Laptop", records=2345)
    devices: dict[str, Json] = {"dialler": describe(phone), "listener": describe(laptop)}
    phone_id, laptop_id = phone.id, laptop.id
    duet = Duet(phone, laptop).run()
    introductions = Ends(*(data for _, data in duet.carried[:2]))
    nonces = Ends(*(seeded(f"{name} 1 ")(NONCE_BYTES) for name in ("Phone", "Laptop")))
    ctx = sas.context(1, Ends(phone_id, laptop_id), BINDING, introductions)
    payload = QrPayload(
        key_hash(laptop_id), bytes(range(16)), (Address("192.168.43.1", 47_000), Address("fe80::1", 80))
    )
    return {
        "devices": devices,
        "binding": BINDING.hex(),
        "nonces": {"dialler": nonces.dialler.hex(), "listener": nonces.listener.hex()},
        "context": ctx.hex(),
        "commitment": sas.commitment(ctx, nonces.dialler).hex(),
        "code": sas.code_text(sas.code_number(ctx, nonces)),
        "confirmations": {role.value: sas.confirmation(ctx, nonces, role).hex() for role in Role},
        "messages": [
            {"from": role.value, "kind": kind_of(data), "size": len(data), "bytes": data.hex()}
            for role, data in duet.carried
        ],
        "qr": {
            "key_hash": payload.key_hash.hex(),
            "door_secret": payload.door_secret.hex(),
            "addresses": [f"{address.host} {address.port}" for address in payload.addresses],
            "text": str(payload),
        },
    }


def describe(device: Device) -> Json:
    """What a device brings: the seeds of its keys (RFC 8032, section 5.1.5), its mesh and the mesh's secret."""
    return {
        "name": device.name,
        "device_seed": sha256(f"device {device.name}".encode()).hexdigest(),
        "device_key": device.id.hex(),
        "author_seed": sha256(f"author {device.name}".encode()).hexdigest(),
        "author_key": device.authors[0].public_key.hex(),
        "mesh": device.mesh.hex(),
        "mesh_secret": device.secrets[0].secret.hex(),
        "records": device.records,
    }


def kind_of(message: bytes) -> str:
    """The name of a message."""
    plain = decode(message, MESSAGE_MAX)
    assert isinstance(plain, dict)
    return str(plain["$"])


def text() -> str:
    """The file as it should stand."""
    return json.dumps(make(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text())
