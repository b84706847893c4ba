"""The stand-in answers as the recorded real server did (needs EDENMESH_CAPTURES)."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from edenmesh.standin import FORMS, StandinServer
from tests.standin.breakages import SABOTAGES, Sabotage
from tests.standin.replay import Clock, Replay, credentials, numbered_files, read_exchanges

RECORDED_URL = "http://127.0.0.1:8200/eden"

# The mobile forms that were set in the deployment that was recorded, in its order.
RECORDED_FORMS = ("org_organisation", "pr_person", "event_incident_report", "org_office", "doc_image")

# The server's clock was not recorded, but the stamps it set by itself tell its time at these exchanges.
TIMES = {
    "02-push-single/update-no-modified-on": "2026-11-22T23:24:26",
    "02-push-single/no-uuid": "2026-11-22T23:24:29",
    "03-push-references-components/office-references-known-org": "2026-11-22T23:25:23",
    "03-push-references-components/component-nested-in-known-parent-minimal": "2026-11-22T23:25:25",
    "15-follow-up-checks/same-uuid-three-times-newest-in-middle": "2026-11-22T23:36:07",
    "15-follow-up-checks/tombstone-before-record": "2026-11-22T23:36:08",
}
SET_UP, ACCOUNTS_MADE = "2026-11-22T23:19:57", "2026-11-22T23:19:59"

# What the stand-in does not do, and why.
NOT_REPRODUCED = {
    "01-setup-forms-auth/anonymous-person-list-asks-masterkey": "login by master key comes later",
    "04-push-errors/xml-push": "XML: the product speaks S3JSON",
    "04-push-errors/protected-table": "user accounts are no table here",
    "07-pull/xml": "XML",
    "07-pull/person-xml": "XML",
    "07-pull/struct": "the list of fields: mform.json says what a client needs",
}
NOT_REPLAYED = {
    "08-throughput": "no exchanges",
    "09-sync-api": "the server-to-server interface, in XML",
    "10-masterkey-auth": "login by master key comes later",
    "14-concurrent-gateways": "no exchanges",
}


def _serve(clock: Clock) -> StandinServer:
    forms = [next(form for form in FORMS if form.table == table) for table in RECORDED_FORMS]
    server = StandinServer(domain="vm", clock=clock, forms=forms)
    state, made = server.eden.state, datetime.fromisoformat(ACCOUNTS_MADE).replace(tzinfo=UTC)
    for row in (*state.live("pr_person"), *state.live("pr_contact")):
        state.put(replace(row, created_on=made, modified_on=made))
    state.sequences["gis_location"] = 248  # the countries that a real server has from its set-up
    return server


def _push(server: StandinServer, uuids: list[str], stamp: str) -> None:
    """Push organisations that the recorded server got outside the recorded exchanges."""
    records = [{"@uuid": uuid, "@created_on": stamp, "@modified_on": stamp, "name": f"Load {uuid}"} for uuid in uuids]
    answer = httpx.post(
        f"{server.url}/org/organisation.s3json",
        json={"$_org_organisation": records},
        headers={"authorization": credentials("Basic <admin>")},
    )
    assert answer.json()["records"] == len(uuids)


def _catch_up(server: StandinServer, group: str, folder: Path) -> None:
    """Do what happened on the recorded server just before a group, in the groups without exchanges."""
    sequences = server.eden.state.sequences
    if group.startswith("11"):
        _, exchanges = read_exchanges(folder / "11-push-traps.json")
        verified = next(e for e in exchanges if e["name"] == "verify-3-uuids-by-belongs")
        held = verified["response"]["body"]
        assert isinstance(held, dict)
        records = held["$_org_organisation"]
        assert isinstance(records, list)
        _push(server, [str(r["@uuid"]) for r in records if isinstance(r, dict)], "2026-11-22T23:27:15")
        sequences["org_organisation"] = 2321  # 08 pushed 2300, 09 two
    elif group.startswith("15"):
        _, exchanges = read_exchanges(folder / "15-follow-up-checks.json")
        retried = next(e for e in exchanges if e["name"] == "retry-after-unique-constraint")
        pushed = retried["request"]["body"]
        assert isinstance(pushed, dict)
        records = pushed["$_org_organisation"]
        assert isinstance(records, list)
        _push(server, [f"urn:uuid:round-{n}" for n in range(100)], "2026-11-22T23:35:40")  # five rounds of 14
        _push(server, [str(r["@uuid"]) for r in records if isinstance(r, dict)], "2026-11-22T23:35:40")  # the sixth


def _replay(folder: Path) -> Replay:
    clock = Clock(datetime.fromisoformat(SET_UP).replace(tzinfo=UTC))
    with _serve(clock) as server:
        replay = Replay(server, clock, RECORDED_URL, TIMES)
        for path in numbered_files(folder):
            if path.stem not in NOT_REPLAYED:
                _catch_up(server, path.stem, folder)
                replay.run(path, NOT_REPRODUCED)
    return replay


@pytest.mark.captures
def test_every_recorded_exchange_is_answered_as_the_real_server_did(captures: Path) -> None:
    replay = _replay(captures)
    assert replay.differences == []
    assert len(replay.compared) == 194
    assert sorted(replay.passed_over) == sorted(NOT_REPRODUCED)
    left_out = [path for path in numbered_files(captures) if path.stem in NOT_REPLAYED]
    assert sum(len(read_exchanges(path)[1]) for path in left_out) == 24


@pytest.mark.captures
@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda sabotage: sabotage.__name__)
def test_a_broken_rule_is_found_by_the_captures(
    captures: Path, sabotage: Sabotage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sabotage(monkeypatch)
    assert _replay(captures).differences
