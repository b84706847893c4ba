from ipaddress import IPv4Address, IPv6Address

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from edenmesh.core.ids import DeviceId
from edenmesh.core.pairing import Address, QrPayload
from edenmesh.core.pairing.qr import key_hash
from edenmesh.errors import InvalidInput

DEVICE = DeviceId(bytes(range(32)))
PAYLOAD = QrPayload(key_hash(DEVICE), bytes(range(16)), (Address("192.168.43.1", 47_000),))

hosts = st.one_of(
    st.integers(0, 2**32 - 1).map(lambda number: str(IPv4Address(number))),
    st.integers(0, 2**128 - 1).map(lambda number: str(IPv6Address(number))),
    st.sampled_from(("camp-3.local", "localhost", "a.b.example", "4you.example")),
)
addresses = st.builds(Address, hosts, st.integers(1, 65_535))
payloads = st.builds(
    QrPayload,
    st.binary(min_size=20, max_size=20),
    st.binary(min_size=16, max_size=16),
    st.lists(addresses, min_size=1, max_size=8).map(tuple),
)


@given(payloads)
def test_payload_survives_its_text_in_either_case(payload: QrPayload) -> None:
    text = str(payload)
    assert QrPayload.parse(text) == payload
    assert QrPayload.parse(f" {text.lower()}\n") == payload
    assert str(QrPayload.parse(text)) == text


@given(payloads)
def test_text_takes_the_alphanumeric_mode(payload: QrPayload) -> None:
    assert set(str(payload)) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


def test_one_address_fits_a_symbol_of_version_four() -> None:
    symbol = segno.make_qr(str(PAYLOAD), error="m", boost_error=False)
    assert (symbol.mode, symbol.version, symbol.error) == ("alphanumeric", 4, "M")


def test_payload_names_the_device_that_showed_it() -> None:
    assert PAYLOAD.names(DEVICE)
    assert not PAYLOAD.names(DeviceId(bytes(32)))


def test_every_changed_character_is_noticed() -> None:
    text = str(PAYLOAD)
    noticed = 0
    for place, old in enumerate(text):
        for new in "A7:/.Z":
            if new != old:
                with pytest.raises(InvalidInput):
                    QrPayload.parse(text[:place] + new + text[place + 1 :])
                noticed += 1
    assert noticed > 400


def test_every_cut_text_is_noticed() -> None:
    text = str(PAYLOAD)
    for end in range(len(text)):
        with pytest.raises(InvalidInput):
            QrPayload.parse(text[:end])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "begins with EM1"),
        ("https://example.org", "begins with EM1"),
        ("WIFI:S:camp;T:WPA;P:secret;;", "begins with EM1"),
        ("EM2:ABC", "newer edenmesh"),
        ("EM01:ABC", "begins with EM1"),
        ("EM1:ABC", "cut off or misread"),
        (str(PAYLOAD).replace("/", "", 1), "cut off or misread"),
        (str(PAYLOAD).partition("/")[0], "names 1 to 8 addresses"),
        (str(PAYLOAD) + "/192.168.1.1:1" * 8, "names 1 to 8 addresses"),
        (str(PAYLOAD) + "/192.168.1.1", "without a port"),
        (str(PAYLOAD) + "/192.168.1.1:0", "without a port"),
        (str(PAYLOAD) + "/192.168.1.1:70000", "not a TCP port"),
        (str(PAYLOAD) + "/192.168.1.999:80", "no IP address"),
        (str(PAYLOAD) + "/FE80::1%WLAN0:80", "no IP address"),
        (str(PAYLOAD) + "/0:0:0:0:0:0:0:1:80", "no IP address"),
        (str(PAYLOAD) + "/:80", "no IP address"),
        (str(PAYLOAD) + "/192.168.1.1:80", "its check does not hold"),
        ("EM1:" + "é" * 64, "not a pairing code"),
        ("E" * 5000, "not a pairing code"),
    ],
)
def test_what_is_no_pairing_code_is_refused_in_clear_words(text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as raised:
        QrPayload.parse(text)
    assert raised.value.do


@given(st.text(max_size=200) | st.from_regex(r"EM1:[A-Z2-7]{64}(/[0-9A-F.:]{1,20}){1,3}", fullmatch=True))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        payload = QrPayload.parse(text)
    except InvalidInput:
        return
    assert str(payload) == text.strip().upper()


@pytest.mark.parametrize(
    "payload",
    [
        PAYLOAD._replace(key_hash=b"short"),
        PAYLOAD._replace(door_secret=bytes(17)),
        PAYLOAD._replace(addresses=()),
        PAYLOAD._replace(addresses=(Address("192.168.43.1", 1),) * 9),
        PAYLOAD._replace(addresses=(Address("fe80::1%wlan0", 1),)),
        PAYLOAD._replace(addresses=(Address("Camp.local", 1),)),
        PAYLOAD._replace(addresses=(Address("camp.local", 0),)),
        PAYLOAD._replace(addresses=(Address(".".join(["a" * 60] * 4), 1),) * 8),
    ],
)
def test_payload_that_could_not_be_read_back_is_not_written(payload: QrPayload) -> None:
    with pytest.raises(InvalidInput):
        str(payload)
