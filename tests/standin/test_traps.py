"""Traps of the real server that were read in its code and are not among the recorded exchanges."""

import pytest

from edenmesh.standin.s3json import Json
from tests.standin.client import UUID, Client, organisation


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("1.50", "1.50"),
        ({"@value": "1.50"}, "1.5"),
        ({"@value": "true"}, "True"),
        ({"@value": " 7 "}, "7"),
        ({"@value": "007"}, "007"),
        ({"$": "1.50"}, "1.50"),
        (None, "None"),
        ("R &amp; D", "R & D"),
        ({"@value": "R &amp; D"}, "R &amp; D"),
        (" two words ", " two words "),
    ],
)
def test_text_is_taken_as_it_is_only_when_it_is_plain(client: Client, sent: Json, stored: str) -> None:
    client.push("org_organisation", organisation(1, comments=sent))
    assert client.pull("org_organisation")[0]["comments"] == {"@value": stored, "$": stored}


def test_one_control_character_breaks_the_whole_push(client: Client) -> None:
    answer = client.post("org_organisation", {"$_org_organisation": [organisation(1), organisation(2, name="a\x0bb")]})
    assert (answer.status_code, "Internal error" in answer.text) == (500, True)
    assert client.pull("org_organisation") == []


def test_an_empty_text_clears_text_and_nothing_else(client: Client) -> None:
    client.push("org_organisation", organisation(1, acronym="O", year=1990, website="a.example.org", phone="+45 1"))
    client.push("org_organisation", organisation(1, acronym="", year="", website={"@value": ""}, phone=""))
    record = client.pull("org_organisation")[0]
    assert (record["acronym"], record["year"]) == ({"@value": ""}, {"@value": 1990, "$": "1990"})
    assert not {"website", "phone"} & set(record)


def test_quotation_marks_clear_what_an_empty_text_does_not(client: Client) -> None:
    reference: Json = {"@resource": "org_organisation", "@uuid": UUID.format(1)}
    client.push("org_organisation", organisation(1, year={"@value": "1990"}))
    truth: Json = {"@value": "true"}
    office: dict[str, Json] = {
        "@uuid": UUID.format(2),
        "name": "Hut",
        "$k_organisation_id": reference,
        "obsolete": truth,
    }
    client.push("org_facility", office)
    cleared: Json = {"@value": '""'}
    client.push("org_organisation", organisation(1, year=cleared))
    client.push("org_facility", {"@uuid": UUID.format(2), "organisation_id": cleared, "obsolete": cleared})
    assert "year" not in client.pull("org_organisation")[0]
    assert not {"$k_organisation_id", "obsolete"} & set(client.pull("org_facility")[0])


def test_a_component_at_its_own_address_names_its_master_where_fields_are_not_chosen(client: Client) -> None:
    image: Json = {"@uuid": UUID.format(2), "name": "Pier"}
    client.push("event_incident_report", {"@uuid": UUID.format(1), "name": "Ford", "$_doc_image": [image]})
    master = client.pull("doc_image")[0]["$k_doc_id"]
    assert isinstance(master, dict)
    assert (master["@resource"], master["@uuid"]) == ("event_incident_report", UUID.format(1))
    assert "$k_doc_id" not in client.pull("doc_image", "mdata=1")[0]


def test_references_can_be_kept_out_of_an_export(client: Client) -> None:
    organisation_uuid = client.server.create("org_organisation", {"name": "Aid"})
    client.server.create("org_facility", {"name": "Hut", "organisation_id": organisation_uuid})
    whole, alone = client.get("org_facility").json(), client.get("org_facility", "maxdepth=0").json()
    assert ("$_org_organisation" in whole, "$_org_organisation" in alone) == (True, False)
    assert alone["$_org_facility"][0]["$k_organisation_id"]["@uuid"] == organisation_uuid


def test_an_emptied_plain_text_is_exported_as_an_empty_object(client: Client) -> None:
    client.push("event_incident_report", {"@uuid": UUID.format(1), "name": "Ford", "needs": "boats"})
    client.push("event_incident_report", {"@uuid": UUID.format(1), "needs": ""})
    assert client.pull("event_incident_report")[0]["needs"] == {}


def test_numbers_and_addresses_are_rewritten(client: Client) -> None:
    client.push("org_organisation", organisation(1, phone=" +45 12 34 ", website="aid.example.org"))
    record = client.pull("org_organisation")[0]
    assert record["phone"] == {"@value": "+45 12 34", "$": "\u200e+45 12 34"}
    assert record["website"] == {"@value": "http://aid.example.org", "$": "http://aid.example.org"}
    contact: Json = {"@uuid": UUID.format(2), "contact_method": "SMS", "value": "+45 12-34 (56)"}
    client.push("pr_person", {"@uuid": UUID.format(3), "first_name": "Ada", "$_pr_contact": [contact]})
    held = client.server.record("pr_contact", UUID.format(2))
    assert held is not None
    assert held["value"] == {"@value": "+45123456", "$": "+45123456"}


def test_a_contact_is_refused_when_an_update_leaves_its_value_out(client: Client) -> None:
    contact: dict[str, Json] = {"@uuid": UUID.format(2), "contact_method": "EMAIL", "value": "ada@example.org"}
    client.push("pr_person", {"@uuid": UUID.format(1), "first_name": "Ada", "$_pr_contact": [contact]})
    update: Json = {"@uuid": UUID.format(2), "comments": "office hours"}
    answer = client.push("pr_person", {"@uuid": UUID.format(1), "$_pr_contact": [update]})
    assert "[value] Enter a valid email" in str(answer["tree"])
    assert answer["updated"]


def test_a_contact_cannot_be_deleted_by_a_push(client: Client) -> None:
    contact: dict[str, Json] = {"@uuid": UUID.format(2), "contact_method": "EMAIL", "value": "ada@example.org"}
    client.push("pr_person", {"@uuid": UUID.format(1), "first_name": "Ada", "$_pr_contact": [contact]})
    gone: Json = {"@uuid": UUID.format(2), "@deleted": "true"}
    answer = client.push("pr_person", {"@uuid": UUID.format(1), "$_pr_contact": [gone]})
    assert "[value] Enter a valid email" in str(answer["tree"])
    assert UUID.format(2) in client.server.uuids("pr_contact")


def test_a_component_that_fails_at_its_own_turn_leaves_its_master_stored(client: Client) -> None:
    contact: Json = {"@uuid": UUID.format(2), "contact_method": "SMS"}
    person: dict[str, Json] = {"@uuid": UUID.format(1), "first_name": "Ada", "$_pr_contact": [contact]}
    answer = client.push("pr_person", person)
    tree = answer["tree"]
    assert isinstance(tree, dict)
    assert list(tree) == ["$_pr_contact"]
    assert (answer["records"], answer["message"]) == (1, "value: value(s) required - invalid items ignored")
    assert UUID.format(1) in client.server.uuids("pr_person")
    assert UUID.format(2) not in client.server.uuids("pr_contact")


def test_a_push_moves_the_time_of_making(client: Client) -> None:
    client.push("org_organisation", organisation(1, **{"@created_on": "2031-01-02T00:00:00"}))
    client.push("org_organisation", organisation(1, **{"@created_on": "2030-01-02T00:00:00"}))
    assert client.pull("org_organisation")[0]["@created_on"] == "2030-01-02T00:00:00"


def test_a_reference_to_a_deleted_record_is_accepted_and_not_shown(client: Client) -> None:
    client.push("org_organisation", organisation(1))
    client.push("org_organisation", {"@uuid": UUID.format(1), "@deleted": "true"})
    office: dict[str, Json] = {"@uuid": UUID.format(2), "name": "Hut"}
    office["$k_organisation_id"] = {"@resource": "org_organisation", "@uuid": UUID.format(1)}
    assert client.push("org_office", office)["created"] == [1]
    assert "$k_organisation_id" not in client.pull("org_office")[0]


def test_a_record_that_returns_has_lost_its_references(client: Client) -> None:
    organisation_uuid = client.server.create("org_organisation", {"name": "Aid"})
    office: dict[str, Json] = {"@uuid": UUID.format(2), "name": "Hut"}
    reference: Json = {"@resource": "org_organisation", "@uuid": organisation_uuid}
    client.push("org_office", {**office, "$k_organisation_id": reference})
    client.push("org_office", {**office, "@deleted": "true"})
    assert client.push("org_office", office)["updated"] == [1]
    record = client.pull("org_office")[0]
    assert record["name"] == "Hut"
    assert "$k_organisation_id" not in record


def test_records_that_refer_to_each_other_come_in_one_tree(client: Client) -> None:
    def place(number: int, parent: int) -> dict[str, Json]:
        reference: Json = {"@resource": "gis_location", "@uuid": UUID.format(parent)}
        return {"@uuid": UUID.format(number), "name": f"Place {number}", "$k_parent": reference}

    assert client.push("gis_location", place(1, 2), place(2, 1), place(3, 3))["created"] == [1, 2, 3]
    parents = {record["@uuid"]: record["$k_parent"] for record in client.pull("gis_location")}
    named = {uuid: parent["@uuid"] for uuid, parent in parents.items() if isinstance(parent, dict)}
    assert named == {UUID.format(1): UUID.format(2), UUID.format(2): UUID.format(1), UUID.format(3): UUID.format(3)}


def test_long_text_is_refused(client: Client) -> None:
    answer = client.push("org_organisation", organisation(1, acronym="A" * 17), organisation(2, acronym="A" * 16))
    assert answer["created"] == [1]
    assert "acronym: Enter from 0 to 16 characters" in str(answer["tree"])


def test_a_record_without_uuid_is_found_by_its_name(client: Client) -> None:
    assert client.push("org_organisation", {"name": "Aid"})["created"] == [1]
    assert client.push("org_organisation", {"name": "AID", "acronym": "A"})["updated"] == [1]


def test_the_server_follows_an_address_in_a_file_field(client: Client) -> None:
    url = "http://192.0.2.1/secret.png"
    image: dict[str, Json] = {"@uuid": UUID.format(1), "name": "Pier", "file": {"@url": url, "@filename": "a.png"}}
    assert client.push("doc_image", image)["created"] == [1]
    assert client.server.fetched == [url]
    assert "file" not in client.pull("doc_image")[0]


def test_http_delete_takes_all_that_match_or_none(client: Client) -> None:
    client.push("org_organisation", organisation(1), organisation(2), organisation(3))
    client.server.create("org_office", {"name": "Hut", "organisation_id": UUID.format(3)})
    both, all_three = "Organisation 1,Organisation 2", "Organisation*"
    refused = client.http.delete(f"{client.address('org_organisation')}?~.name__like={all_three}")
    assert (refused.status_code, refused.json()["message"][:15]) == (404, "Integrity error")
    answer = client.http.delete(f"{client.address('org_organisation')}?~.name={both}")
    assert answer.json()["message"] == "2 records deleted"
    assert client.server.uuids("org_organisation") == [UUID.format(3)]
    assert client.http.delete(f"{client.address('org_organisation')}?~.name=none").status_code == 404


def test_a_misspelt_filter_lets_everything_through(client: Client) -> None:
    client.push("org_organisation", organisation(1), organisation(2))
    assert len(client.pull("org_organisation", "organisation.uuidd=x")) == 2
    assert len(client.pull("org_organisation", "office.uuid__like=x*")) == 0
    assert len(client.pull("org_organisation", "organisation.uuid=x")) == 0
