"""Addresses as people type them, and those this device has."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edenmesh.errors import UsageError
from edenmesh.net.addresses import Address, multicast_interfaces, own_addresses


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("192.0.2.7:4711", "192.0.2.7", 4711),
        (" 192.0.2.7:4711\n", "192.0.2.7", 4711),
        ("[2001:db8::7]:4711", "2001:db8::7", 4711),
        ("[fe80::1%eth0]:1", "fe80::1%eth0", 1),
        ("hub.local:65535", "hub.local", 65535),
        ("laptop-3:80", "laptop-3", 80),
        ("localhost.:80", "localhost.", 80),
    ],
)
def test_address_is_read_as_typed(text: str, host: str, port: int) -> None:
    address = Address.parse(text)
    assert (address.host, address.port) == (host, port)
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize("text", ["192.0.2.7", "[2001:db8::7]", "2001:db8::7", "hub.local"])
def test_port_may_be_absent_only_where_there_is_a_default(text: str) -> None:
    assert Address.parse(text, default_port=4711).port == 4711
    with pytest.raises(UsageError, match="port"):
        Address.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        ":4711",
        "192.0.2.7:",
        "192.0.2.7:0",
        "192.0.2.7:65536",
        "192.0.2.7:-1",
        "192.0.2.7:4711x",
        "192.0.2.7:४७११",
        "192.0.2:4711",
        "192.0.2.256:4711",
        "[192.0.2.7]:4711",
        "[2001:db8::7:4711",
        "[2001:db8::7]4711",
        "2001:db8::7]:4711",
        "[]:4711",
        "http://192.0.2.7:4711",
        "two words:4711",
        "-hub:4711",
        "a" * 64 + ":1",
        "a." * 130 + "b:1",
        "hüb:1",
    ],
)
def test_slip_of_the_pen_gets_a_clear_answer(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Address.parse(text)
    assert repr(text) in caught.value.what
    assert "192.0.2.7:4711" in caught.value.do


@given(st.text(max_size=80))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        address = Address.parse(text, default_port=1)
    except UsageError:
        return
    assert Address.parse(str(address)) == address


@given(st.ip_addresses(), st.integers(1, 65535))
def test_every_ip_address_survives_writing_and_reading(host: ipaddress.IPv4Address, port: int) -> None:
    address = Address(str(host), port)
    assert Address.parse(str(address)) == address


def test_own_addresses_are_usable_by_others() -> None:
    for address in own_addresses():
        parsed = ipaddress.ip_address(address)
        assert not parsed.is_loopback
        assert not parsed.is_unspecified
    assert len(set(own_addresses())) == len(own_addresses())
    assert len(multicast_interfaces()) <= len(own_addresses())
    assert set(multicast_interfaces()) <= set(own_addresses())
