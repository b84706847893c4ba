"""Devices in network namespaces of their own see each other, call and open a channel."""

from collections.abc import Callable

import pytest

from tests.net.duet import public
from tests.system.meeting import device_key
from tests.system.namespaces import Network, Program

pytestmark = pytest.mark.root
MakeNetwork = Callable[[int], Network]
MEETING = "tests.system.meeting"


def at(event: dict[str, object]) -> float:
    moment = event["at"]
    assert isinstance(moment, float)
    return moment


def assert_channel(ours: Program, theirs: Program, our_seed: str, their_seed: str) -> None:
    """Both ends name each other's key and the same binding."""
    opened, met = ours.expect("opened", echo="hello"), theirs.expect("met")
    assert opened["peer"] == public(device_key(their_seed)).hex()
    assert met["peer"] == public(device_key(our_seed)).hex()
    assert opened["binding"] == met["binding"]
    assert theirs.expect("parted")["ending"] == "Ending.CLOSED"


def test_members_find_call_and_trust_their_keys_while_a_stranger_stays_outside(make_network: MakeNetwork) -> None:
    network = make_network(3)
    with (
        network.start(1, MEETING, "listen", "anna", "mesh") as anna,
        network.start(2, MEETING, "browse", "ben", "mesh") as ben,
        network.start(3, MEETING, "browse", "stranger", "other mesh") as stranger,
    ):
        listening, browsing = anna.expect("listening"), ben.expect("browsing")
        instance = listening["instance"]
        found = ben.expect("found", instance=instance, is_member=True)
        assert network.address(1) in found["addresses"]  # type: ignore[operator]
        assert at(found) - max(at(listening), at(browsing)) < 3
        assert_channel(ben, anna, "ben", "anna")
        stranger.expect("found", instance=instance, is_member=False)
        assert "hung up" in str(stranger.expect("failed", error="PeerUnreachable")["reason"])
        assert network.address(3) in str(anna.expect("refused")["address"])
    assert (anna.exit_code, ben.exit_code, stranger.exit_code) == (0, 0, 0)


def test_stranger_comes_in_while_the_device_is_visible_to_everyone(make_network: MakeNetwork) -> None:
    network = make_network(2)
    with (
        network.start(1, MEETING, "listen", "anna", "mesh", "everyone") as anna,
        network.start(2, MEETING, "browse", "ben", "another mesh") as ben,
    ):
        assert_channel(ben, anna, "ben", "anna")


def test_farewell_is_heard_at_once_and_a_return_too(make_network: MakeNetwork) -> None:
    network = make_network(2)
    with network.start(2, MEETING, "browse", "ben", "mesh", "silent") as ben:
        for _ in range(2):
            with network.start(1, MEETING, "listen", "anna", "mesh") as anna:
                instance = anna.expect("listening")["instance"]
                ben.expect("found", instance=instance)
            ben.expect("lost", instance=instance, seconds=5)


def test_device_that_starts_before_its_network_sees_and_is_seen_when_it_comes(make_network: MakeNetwork) -> None:
    network = make_network(2)
    for number in (1, 2):
        network.take_address(number)
        network.ip(number, "link", "set", "eth0", "addrgenmode", "none")
        network.ip(number, "address", "flush", "dev", "eth0")
    with (
        network.start(1, MEETING, "listen", "anna", "mesh") as anna,
        network.start(2, MEETING, "browse", "ben", "mesh") as ben,
    ):
        assert "no address" in str(anna.expect("listening")["fault"])
        assert "no address" in str(ben.expect("browsing")["fault"])
        network.give_address(1)
        network.give_address(2)
        assert_channel(ben, anna, "ben", "anna")


def test_new_address_after_a_change_of_network_is_the_one_announced(make_network: MakeNetwork) -> None:
    network = make_network(2)
    with (
        network.start(1, MEETING, "listen", "anna", "mesh") as anna,
        network.start(2, MEETING, "browse", "ben", "mesh", "silent") as ben,
    ):
        instance = anna.expect("listening")["instance"]
        ben.expect("found", instance=instance)
        network.take_address(1)
        network.ip(1, "address", "add", "10.77.0.201/24", "dev", "eth0")
        found = ben.expect("found", instance=instance)
        while "10.77.0.201" not in found["addresses"]:  # type: ignore[operator]
            found = ben.expect("found", instance=instance)


def test_devices_with_ipv6_alone_meet(make_network: MakeNetwork) -> None:
    network = make_network(2)
    for number in (1, 2):
        network.take_address(number)
    with (
        network.start(1, MEETING, "listen", "anna", "mesh") as anna,
        network.start(2, MEETING, "browse", "ben", "mesh") as ben,
    ):
        addresses = ben.expect("found")["addresses"]
        assert str(addresses[0]).startswith("fe80::")  # type: ignore[index]
        assert_channel(ben, anna, "ben", "anna")
