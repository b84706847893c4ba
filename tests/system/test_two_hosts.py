"""Two hosts with a device each: found by call-sign or address, paired, synced with a photo, then live."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.namespaces import Network, Program

pytestmark = pytest.mark.root
MakeNetwork = Callable[[int], Network]
HOST = "tests.system.host"


def assert_agreed(ours: Program, theirs: Program) -> None:
    """Both screens show one code, and who joins whom from their own side."""
    here, there = ours.expect("code"), theirs.expect("code")
    assert here["code"] == there["code"]
    assert (here["peer"], there["peer"]) == ("Amina", "Bo")
    assert (here["joining"], there["joining"]) == ("we join", "they join")
    assert ours.expect("paired")["peer"] == "Amina"
    assert theirs.expect("paired")["peer"] == "Bo"


def assert_shared(ours: Program, theirs: Program) -> None:
    """Everything is on both, the photo whole; an edit made while connected arrives by itself."""
    assert ours.expect("synced")["missing"] == []
    held = ours.expect("holds", records=3)
    assert (held["files_missing"], held["labels"]) == (0, ["Clinic", "School 3"])
    ours.expect("edited")
    theirs.expect("holds", labels=["Clinic", "School 3 (open)"])


def test_two_hosts_find_each_other_pair_and_share(make_network: MakeNetwork, tmp_path: Path) -> None:
    network = make_network(2)
    with (
        network.start(1, HOST, "show", str(tmp_path / "amina"), "Amina") as amina,
        network.start(2, HOST, "find", str(tmp_path / "bo"), "Bo") as bo,
    ):
        call_sign = amina.expect("shown")["call_sign"]
        bo.expect("nearby", call_signs=[call_sign])
        assert_agreed(bo, amina)
        assert_shared(bo, amina)
    assert (amina.exit_code, bo.exit_code) == (0, 0)


def test_an_address_does_as_well_as_discovery(make_network: MakeNetwork, tmp_path: Path) -> None:
    network = make_network(2)
    with network.start(1, HOST, "show", str(tmp_path / "amina"), "Amina") as amina:
        address = f"{network.address(1)}:{amina.expect('shown')['port']}"
        with network.start(2, HOST, "find", str(tmp_path / "bo"), "Bo", address) as bo:
            assert_agreed(bo, amina)
            assert_shared(bo, amina)
        assert bo.exit_code == 0
    assert amina.exit_code == 0
