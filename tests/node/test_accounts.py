"""Accounts of phones: names for good, logins that work once, sessions kept as hashes; what is written is marked."""

import json
from pathlib import Path

import pytest

from edenmesh.core.records import Version
from edenmesh.errors import ConfigError, InvalidInput
from edenmesh.node import acting_for
from edenmesh.node.parts import acting_account
from tests.net.loop import in_loop, until
from tests.node.devices import World, running, sync, team

MINUTE = 60


def test_an_account_is_kept_with_its_right_and_its_name_is_taken_for_good(tmp_path: Path) -> None:
    world = World(tmp_path)
    device = world.make("Amina")
    device.accounts.add("Bo's phone", "look")
    device.accounts.add("Zoë")
    device.accounts.revoke("bo's PHONE")
    for name in ("Bo's phone", "BO'S PHONE", " Bo's phone ", "", "x" * 65, "a\u202eb", "a\nb"):
        with pytest.raises(InvalidInput):
            device.accounts.add(name)
    for right in ("run", "RUN", "", "owner"):
        with pytest.raises(InvalidInput, match="no right of an account"):
            device.accounts.add("Cy", right)
    device.close()
    device = world.reopen("Amina")
    assert [(one.name, one.right, one.is_revoked) for one in device.accounts.views()] == [
        ("Zoë", "fill", False),
        ("Bo's phone", "look", True),
    ]
    assert device.accounts.change("zoë", "decide").right == "decide"
    for act in (device.accounts.revoke, device.accounts.issue, device.accounts.leave):
        with pytest.raises(InvalidInput, match="was revoked"):
            act("Bo's phone")
    with pytest.raises(InvalidInput, match="no account"):
        device.accounts.revoke("Cy")
    device.close()


def test_a_login_works_once_for_ten_minutes_and_the_last_one_only(tmp_path: Path) -> None:
    world = World(tmp_path)
    device = world.make("Amina")
    device.accounts.add("Bo")
    first, second = device.accounts.issue("Bo"), device.accounts.issue("Bo")
    assert len(second) >= 22, "fewer than 128 bits"
    assert device.accounts.enter(first) is None
    secret = device.accounts.enter(second)
    assert secret is not None
    assert device.accounts.enter(second) is None
    late = device.accounts.issue("Bo")
    world.clock.ahead += 10 * MINUTE + 1
    assert device.accounts.enter(late) is None
    known = device.accounts.session(secret)
    assert known is not None
    assert (known.name, known.right, known.is_entered) == ("Bo", "fill", True)
    for wrong in ("", "x", "\ud800", secret[:-1], secret + "x", second):
        assert device.accounts.session(wrong) is None
        assert device.accounts.enter(wrong) is None
    device.close()


def test_a_session_outlives_a_restart_as_a_hash_and_ends_when_another_begins_or_time_is_up(tmp_path: Path) -> None:
    world = World(tmp_path)
    device = world.make("Amina")
    device.accounts.add("Bo")
    secret = device.accounts.enter(device.accounts.issue("Bo"))
    unused = device.accounts.issue("Bo")
    assert secret is not None
    noted = device._parts.store.notes.meta("accounts")
    assert noted is not None
    assert secret.encode() not in noted
    device.close()
    device = world.reopen("Amina")
    assert device.accounts.session(secret) is not None
    assert device.accounts.enter(unused) is None, "a login outlived the device"
    ended_for: list[str] = []
    device.accounts.listen(ended_for.append)
    other = device.accounts.enter(device.accounts.issue("Bo"))
    assert other is not None
    assert device.accounts.session(secret) is None
    assert ended_for == ["Bo"]
    world.clock.ahead += 30 * 24 * 3600 + 1
    assert device.accounts.session(other) is None
    device.close()


def test_a_revoked_account_has_no_session_and_no_login_from_then_on(tmp_path: Path) -> None:
    world = World(tmp_path)
    device = world.make("Amina")
    device.accounts.add("Bo")
    secret, login = device.accounts.enter(device.accounts.issue("Bo")), device.accounts.issue("Bo")
    assert secret is not None
    ended_for: list[str] = []
    device.accounts.listen(ended_for.append)
    device.accounts.revoke("Bo")
    assert ended_for == ["Bo"]
    assert device.accounts.session(secret) is None
    assert device.accounts.enter(login) is None
    device.close()
    device = world.reopen("Amina")
    assert device.accounts.session(secret) is None
    device.close()


def test_a_visit_is_known_at_once_and_written_once_an_hour(tmp_path: Path) -> None:
    world = World(tmp_path)
    device = world.make("Amina")
    commits: list[object] = []
    device.accounts.add("Bo")
    secret = device.accounts.enter(device.accounts.issue("Bo"))
    assert secret is not None
    noted = device._parts.store.notes.meta("accounts")
    for _ in range(20):
        world.clock.ahead += MINUTE
        known = device.accounts.session(secret)
        assert known is not None
        commits.append(known.last_seen)
        assert device._parts.store.notes.meta("accounts") == noted
    assert len(set(commits)) == 20
    world.clock.ahead += 3600
    assert device.accounts.session(secret) is not None
    assert device._parts.store.notes.meta("accounts") != noted
    device.close()


def test_a_command_that_opened_the_device_for_itself_lets_no_phone_in(tmp_path: Path) -> None:
    device = World(tmp_path).make("Amina")
    device.accounts.add("Bo")
    with pytest.raises(ConfigError, match="does not run"):
        device.accounts.entrance("Bo")
    device.close()


@in_loop
async def test_what_is_written_for_an_account_says_so_on_every_device_and_nothing_else_does(tmp_path: Path) -> None:
    async with team(World(tmp_path), "Amina", "Bram") as (amina, bram):
        amina.accounts.add("Bo's phone")
        by_owner = amina.add("org_organisation", {"name": "Red Cross"})
        with acting_for("Bo's phone"):
            made = amina.add("org_organisation", {"name": "Blue Cross"})
            amina.edit("org_organisation", by_owner.uuid, {"name": "Red Cross Society"})
            document = {"$_org_organisation": [{"@uuid": "urn:x:1", "name": "Imported"}]}
            assert amina.import_document(json.dumps(document).encode()).problems == ()
            undone = amina.add("org_organisation", {"name": "Gone"})
            amina.retract("org_organisation", undone.uuid)
        amina.edit("org_organisation", made.uuid, {"phone": "1"})
        await sync(bram, amina)
        whom = "Bo's phone (account) via Amina"
        for device in (amina, bram):
            told = [one.by for one in device.records.history("org_organisation", made.uuid).events]
            assert told == [whom, "Amina"]
            told = [one.by for one in device.records.history("org_organisation", by_owner.uuid).events]
            assert told == ["Amina", whom]
            assert [one.by for one in device.records.history("org_organisation", "urn:x:1").events] == [whom]
            assert [one.by for one in device.records.history("org_organisation", undone.uuid).events] == [whom, whom]
            assert whom in device.records.history("org_organisation", made.uuid).events[0].text
        bram.edit("org_organisation", made.uuid, {"name": "Green Cross"})
        with acting_for("Bo's phone"):
            amina.edit("org_organisation", made.uuid, {"name": "Grey Cross"})
        await sync(bram, amina)
        choices = bram.record("org_organisation", made.uuid).strands[0].fields["name"].choices
        assert sorted(one.by for one in choices) == [whom, "Bram"]


@in_loop
async def test_what_the_device_does_because_of_an_accounts_commit_is_the_devices_own(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,):
        heard: list[str] = []
        amina.on_commit(lambda _committed: heard.append(acting_account()))
        with acting_for("Bo"):
            amina.add("org_organisation", {"name": "Red Cross"})
            assert acting_account() == "Bo"
        await until(lambda: bool(heard))
        assert set(heard) == {""}


def test_an_account_that_cannot_be_shown_names_nobody() -> None:
    fields = {"author": bytes(32), "format": 1, "made": 0, "op": "put", "salt": bytes(16), "seq": 0, "table": "t"}
    for account, shown in (("Bo", "Bo"), (7, ""), ("x" * 65, ""), ("x" * 64, "x" * 64), (b"Bo", ""), (["Bo"], "")):
        version = Version(about={"account": account}, uuid="u", set={"a": "b"}, **fields)  # type: ignore[arg-type, dict-item]
        assert Version.decode(version.encode()).account == shown
