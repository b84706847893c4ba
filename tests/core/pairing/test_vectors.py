"""The published vector, made anew and checked by a second computation that shares no code with the first."""

import json
from hashlib import sha256

from edenmesh.core.pairing import QrPayload
from tests.vectors import make_pairing


def tagged(tag: str, *parts: bytes) -> bytes:
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return sha256(b"edenmesh/" + tag.encode() + b"/1\0" + framed).digest()


def test_bytes_of_a_pairing_have_not_changed() -> None:
    assert make_pairing.PATH.read_text() == make_pairing.text()


def test_code_follows_from_the_published_inputs() -> None:
    vector = json.loads(make_pairing.PATH.read_text())
    devices = [bytes.fromhex(vector["devices"][role]["device_key"]) for role in ("dialler", "listener")]
    messages = [bytes.fromhex(message["bytes"]) for message in vector["messages"]]
    kinds = [(message["from"], message["kind"]) for message in vector["messages"]]
    assert kinds[:5] == [
        ("dialler", "introduction"),
        ("listener", "introduction"),
        ("dialler", "commitment"),
        ("listener", "nonce"),
        ("dialler", "opening"),
    ]
    nonces = [bytes.fromhex(vector["nonces"][role]) for role in ("dialler", "listener")]
    binding = bytes.fromhex(vector["binding"])
    ctx = tagged("pairing-context", bytes([0, 0, 0, 1]), *devices, binding, messages[0], messages[1])
    assert ctx.hex() == vector["context"]
    committed = tagged("pairing-commitment", ctx, nonces[0])
    assert committed.hex() == vector["commitment"]
    assert messages[2].endswith(committed)
    assert messages[3].endswith(nonces[1])
    assert messages[4].endswith(nonces[0])
    number = int.from_bytes(tagged("pairing-code", ctx, *nonces), "big") % 1_000_000
    assert f"{number // 1000:03d} {number % 1000:03d}" == vector["code"]
    for role in ("dialler", "listener"):
        confirmation = tagged("pairing-confirmation", ctx, *nonces, role.encode())
        assert confirmation.hex() == vector["confirmations"][role]
        sent = next(m for m, kind in zip(messages, kinds, strict=True) if kind == (role, "confirmation"))
        assert sent.endswith(confirmation)


def test_published_qr_text_is_read() -> None:
    qr = json.loads(make_pairing.PATH.read_text())["qr"]
    payload = QrPayload.parse(qr["text"])
    assert payload.key_hash.hex() == qr["key_hash"]
    assert payload.door_secret.hex() == qr["door_secret"]
    assert [f"{host} {port}" for host, port in payload.addresses] == qr["addresses"]
