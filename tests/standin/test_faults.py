"""Every switch does what it says, alone, and nothing when it is off."""

from dataclasses import fields
from pathlib import Path

import httpx
import pytest

from edenmesh.standin import Faults, StandinServer
from edenmesh.standin.s3json import Json
from tests.standin.client import UUID, Client, organisation


def test_nothing_is_switched_on_at_first(client: Client) -> None:
    assert client.push("org_organisation", organisation(1))["created"] == [1]
    assert client.server.faults == Faults()


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_a_status_comes_suddenly_and_goes_again(client: Client, status: int) -> None:
    client.server.faults.set({"status": status, "skip": 1, "times": 2})
    statuses = [client.get("org_organisation").status_code for _ in range(5)]
    assert statuses == [200, status, status, 200, 200]


def test_a_page_is_answered_with_status_200_and_nothing_is_done(client: Client) -> None:
    client.server.faults.answers_html = True
    answer = client.post("org_organisation", {"$_org_organisation": [organisation(1)]})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=UTF-8")
    assert "<html>" in answer.text
    assert client.server.uuids("org_organisation") == []


def test_a_cut_answer_ends_in_the_middle_of_what_was_done(client: Client) -> None:
    client.server.faults.set({"cuts_answer": True, "concerns": "pushes"})
    with pytest.raises(httpx.RemoteProtocolError):
        client.push("org_organisation", organisation(1))
    assert len(client.pull("org_organisation")) == 1


def test_a_lost_answer_leaves_the_record_stored(client: Client) -> None:
    client.server.faults.set({"loses_answer": True, "times": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        client.push("org_organisation", organisation(1))
    assert client.push("org_organisation", organisation(1))["updated"] == [1]


def test_a_hanging_server_outlasts_the_client_and_still_stops() -> None:
    with StandinServer(faults=Faults(hangs=True, concerns="reads")) as server:
        client = Client(server)
        client.http.timeout = httpx.Timeout(0.2)
        with client.http, pytest.raises(httpx.ReadTimeout):
            client.get("org_organisation")
        assert client.server.requests == []
    assert [seen.status for seen in server.requests] == [None]


def test_a_slow_server_answers_in_the_end(client: Client) -> None:
    client.server.faults.delay_seconds = 0.05
    answer = client.get("org_organisation")
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.05


def test_faults_of_answers_can_concern_pushes_only(client: Client) -> None:
    client.server.faults.set({"status": 500, "concerns": "pushes"})
    assert client.get("org_organisation").status_code == 200
    assert client.post("org_organisation", {}).status_code == 500
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    posted = client.http.post(f"{client.address('org_organisation')}?$search=form", content=b"~.name=x", headers=form)
    assert posted.status_code == 200


def test_a_forgetful_server_answers_as_ever_and_stores_nothing(client: Client) -> None:
    client.push("org_organisation", organisation(1, name="Kept"))
    client.server.faults.stores_nothing = True
    assert client.push("org_organisation", organisation(1, name="Lost"), organisation(2)) == {
        "status": "success",
        "statuscode": "200",
        "records": 2,
        "created": [2],
        "updated": [1],
    }
    assert [record["name"] for record in client.pull("org_organisation")] == ["Kept"]


@pytest.mark.parametrize("dropped", ["acronym", "org_organisation.acronym"])
def test_one_field_vanishes_and_the_others_stay(client: Client, dropped: str) -> None:
    client.server.faults.drops_field = dropped
    assert client.push("org_organisation", organisation(1, acronym="O1", comments="stays"))["created"] == [1]
    record = client.pull("org_organisation")[0]
    assert "acronym" not in record
    assert record["comments"] == {"@value": "stays", "$": "stays"}


def test_a_reference_can_be_the_field_that_vanishes(client: Client) -> None:
    client.server.faults.drops_field = "incident_type_id"
    kind = client.server.create("event_incident_type", {"name": "Flood"})
    reference: Json = {"@resource": "event_incident_type", "@uuid": kind}
    client.push("event_incident_report", {"@uuid": UUID.format(1), "name": "Ford", "$k_incident_type_id": reference})
    assert "$k_incident_type_id" not in client.pull("event_incident_report")[0]


def test_the_uniqueness_error_refuses_one_new_record_once(client: Client) -> None:
    client.server.faults.unique_constraint_times = 1
    answer = client.push("org_organisation", organisation(1), organisation(2))
    error = "UNIQUE constraint failed: org_organisation.uuid"
    assert answer["message"] == f"{error} - invalid items ignored"
    assert (answer["records"], answer["created"]) == (1, [1])
    name = {"@value": "Organisation 1", "$": "Organisation 1"}
    assert answer["tree"] == {"$_org_organisation": [{"name": name, "@uuid": UUID.format(1), "@error": error}]}
    again = client.push("org_organisation", organisation(1), organisation(2))
    assert (again["records"], again["created"], again["updated"]) == (2, [2], [1])


def test_text_is_trimmed_only_when_asked(client: Client) -> None:
    client.push("org_organisation", organisation(1, name="  Two words "))
    client.server.faults.strips_text = True
    client.push("org_organisation", organisation(2, name="  Two words "))
    assert [record["name"] for record in client.pull("org_organisation")] == ["  Two words ", "Two words"]


def test_switches_are_set_and_cleared_over_http(client: Client) -> None:
    controls = f"{client.server.origin}/standin"
    assert client.http.post(f"{controls}/faults", json={"status": 503, "times": 1}).json() == {"done": "faults"}
    assert client.http.get(f"{controls}/faults").json()["status"] == 503
    assert [client.get("org_organisation").status_code for _ in range(2)] == [503, 200]
    assert client.http.post(f"{controls}/faults", json={"strips_text": True, "stauts": 1}).status_code == 400
    assert client.server.faults.strips_text is False
    client.server.faults.stores_nothing = True
    client.http.post(f"{controls}/clear")
    assert client.server.faults == Faults()
    assert [seen[3] for seen in client.http.get(f"{controls}/requests").json()] == [503, 200]


def test_every_switch_is_tested_here() -> None:
    source = Path(__file__).read_text()
    untested = [switch.name for switch in fields(Faults) if switch.name not in source]
    assert untested == []
    assert len(fields(Faults)) == 13
