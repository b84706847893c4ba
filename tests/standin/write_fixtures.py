"""Writes `tests/fixtures/eden/`: exchanges of our own, in the form of recorded ones, with invented names.

The answers are put together here by hand from what was measured at a real server; nothing here asks the stand-in.
`python -m tests.standin.write_fixtures` writes the files anew. The server's clock stands still at `NOW`.
"""

import base64
import json
from pathlib import Path
from typing import cast

from edenmesh.standin.s3json import Json
from tests.standin.exchanges import (
    ADMIN,
    EARLY,
    EDITED,
    HTML_ANSWER,
    MADE,
    NORMAL,
    NOW,
    UNCACHED,
    URL,
    Group,
    Record,
    at,
    both,
    done,
    exported,
    page,
    stamped,
    to,
    uuid,
)

FOLDER = Path(__file__).parent.parent / "fixtures" / "eden"
INVALID = "Validation error - invalid items ignored"
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")


def logins() -> Group:
    """Forms, and who may ask for what."""
    group = Group("01-forms-and-logins")
    fields: Record = {
        "name": {"type": "string", "label": "Name", "required": True},
        "comments": {"type": "text", "label": "Comments"},
    }
    main: Record = {"tablename": "event_incident_type", "schema": fields, "types": {}, "form": ["name", "comments"]}
    main["strings"] = {"label": "Incident Type Details", "plural": "Incident Types"}
    form: Record = {"main": main, "controller": "event", "function": "incident_type"}
    group.pull("form-of-a-look-up-table", "event/incident_type/mform.json", form)
    realm = 'Basic realm="eden"'
    for name, login in (("anonymous", None), ("wrong-password", "Basic <other>")):
        group.refuse(name, "pr/person.s3json", 401, "Authentication Required", login=login, www_authenticate=realm)
    group.refuse("not-allowed", "event/incident_report.s3json", 403, "Insufficient Privileges", login=NORMAL)
    missing: Json = {**HTML_ANSWER, "web2py_error": "invalid function (org/castle)"}
    body = "<html><body><h1>invalid function (org/castle)</h1></body></html>"
    request: Record = {"path": "/eden/org/castle.s3json"}
    group.add("unknown-function", request, {"status": 404, "headers": missing, "body": body})
    group.pull("nothing-yet", "org/organisation.s3json?mdata=1", page(0))
    return group


def pushes() -> Group:
    """One organisation, pushed again and again."""
    group, path = Group("02-push"), "org/organisation.s3json?ignore_errors=True"
    read = f"org/organisation.s3json?mdata=1&organisation.uuid={uuid('light')}"

    def push(name: str, record: Record, **ids: list[int]) -> None:
        group.push(name, path, {"$_org_organisation": [record]}, done(1, **ids))

    def held(modified_on: str, **fields: Json) -> Record:
        return page(1, org_organisation=[at(modified_on, exported("light", "org/organisation/1", **fields))])

    light: Record = {"name": "Harbour Light", "acronym": "HL", "year": {"@value": "1987"}}
    shown: Record = {"acronym": both("HL"), "year": both(1987)}
    push("new", stamped("light", **light), created=[1])
    group.pull("read-new", read, held(MADE, name="Harbour Light", **shown))
    push("again", stamped("light", **light), updated=[1])
    push("newer", at(EDITED, stamped("light", name="Harbour Light Relief", phone="+4512345678")), updated=[1])
    shown["phone"] = both("+4512345678", "\u200e+4512345678")
    group.pull("read-newer", read, held(EDITED, name="Harbour Light Relief", **shown))
    push("older-wins", at(EARLY, stamped("light", name="Old Light")), updated=[1])
    group.pull("read-older", read, held(EARLY, name="Old Light", **shown))
    push("no-stamp-nothing-new", {"@uuid": uuid("light"), "name": "Old Light"}, updated=[1])
    group.pull("read-stamp-untouched", read, held(EARLY, name="Old Light", **shown))
    push("no-stamp", {"@uuid": uuid("light"), "name": "New Light", "acronym": "", "comments": None}, updated=[1])
    shown.update(acronym={"@value": ""}, comments=both("None"))
    group.pull("read-server-stamp", read, held(NOW, name="New Light", **shown))
    push("unknown-field", at(NOW, stamped("light", name="New Light", slogan="lost")), updated=[1])
    group.pull("read-without-it", read, held(NOW, name="New Light", **shown))
    push("same-name-other-uuid", stamped("twin", name="New Light"), created=[2])
    twice = [at(EDITED, stamped("twin", name="Twin One")), at(MADE, stamped("twin", name="Twin Two"))]
    group.push("uuid-twice", path, {"$_org_organisation": cast("Json", twice)}, done(2, updated=[2]))
    found = exported("twin", "org/organisation/2", name="Twin Two")
    group.pull(
        "read-last-in-tree", "org/organisation.s3json?mdata=1&~.name__like=twin*", page(1, org_organisation=[found])
    )
    return group


def references() -> Group:
    """References that resolve and that do not, components nested, flat and alone."""
    group = Group("03-references-and-components")
    office, person = "org/office.s3json?ignore_errors=True", "pr/person.s3json?ignore_errors=True"
    report = "event/incident_report.s3json?ignore_errors=True"
    tree: Record = {
        "$_org_office": [stamped("quay", name="Quay Office", **{"$k_organisation_id": to("org_organisation", "mill")})],
        "$_org_organisation": [stamped("mill", name="Mill Trust")],
        "$_org_sector": [stamped("stray", name="Nobody refers to this")],
    }
    group.push("target-in-the-tree", office, tree, done(1, created=[1]))
    lost = stamped("lost", name="Lost Office", **{"$k_organisation_id": to("org_organisation", "nowhere")})
    echo: Record = {**lost, "name": both("Lost Office"), "@error": "organisation_id: value(s) required"}
    message = "organisation_id: value(s) required - invalid items ignored"
    group.push("required-unknown", office, {"$_org_office": [lost]}, done(0, message, {"$_org_office": [echo]}))
    flood = stamped("flood", name="Flooded ford", date="2031-03-02T09:00:00Z")
    group.push(
        "optional-unknown-is-dropped",
        report,
        {"$_event_incident_report": [{**flood, "$k_incident_type_id": to("event_incident_type", "flood type")}]},
        done(1, created=[1]),
    )
    group.push(
        "its-target-arrives",
        "event/incident_type.s3json?ignore_errors=True",
        {"$_event_incident_type": [stamped("flood type", name="Flood")]},
        done(1, created=[1]),
    )
    shown: Record = {"date": both("2031-03-02T09:00:00", "2031-03-02 09:00"), "closed": both(False, "No")}
    held = exported("flood", "event/incident_report/1", name="Flooded ford", **shown)
    read = f"event/incident_report.s3json?mdata=1&incident_report.uuid={uuid('flood')}"
    group.pull("read-dangling", read, page(1, event_incident_report=[held]))
    contact = stamped("contact", contact_method={"@value": "SMS"}, value="+4511112222")
    names: Record = {"first_name": "Ada", "last_name": "Lind", "gender": {"@value": "2"}}
    group.push(
        "nested",
        person,
        {"$_pr_person": [{**stamped("ada", **names), "$_pr_contact": [contact]}]},
        done(1, created=[3]),
    )
    shown = {"contact_method": both("SMS", "Mobile Phone"), "value": both("+4511112222"), "priority": both(1)}
    shown.update(access=both(1, "Private"), poll=both(False))
    row = exported("contact", "pr/person/3/contact/3", **shown)
    ada = exported("ada", "pr/person/3", first_name="Ada", last_name=both("Lind"), gender=both(2, "female"))
    read = f"pr/person.s3json?mdata=1&person.uuid={uuid('ada')}"
    group.pull("read-nested", read, page(1, pr_person=[{**ada, "$_pr_contact": [row]}]))
    alone = {**stamped("alone", value="+4533334444"), "$k_pe_id": to("pr_person", "ada")}
    flat: Record = {"$_pr_person": [stamped("ben", first_name="Ben")], "$_pr_contact": [alone]}
    group.push("flat-is-passed-over", person, flat, done(1, created=[4]))
    group.push(
        "alone-is-an-orphan", "pr/contact.s3json?ignore_errors=True", {"$_pr_contact": [alone]}, done(1, created=[4])
    )
    group.pull("read-without-the-orphan", read, page(1, pr_person=[{**ada, "$_pr_contact": [row]}]))
    return group


def rejections() -> Group:
    """What the server refuses, and how it says so."""
    group, path = Group("04-rejections"), "org/organisation.s3json?ignore_errors=True"
    good, bad = stamped("good", name="Good Works"), stamped("bad", name="Bad Year", year={"@value": "soon"})
    nameless = stamped("nameless", acronym="NN")
    year: Record = {"@value": "soon", "@error": "year: Enter an integer between 1850 and 2099"}
    bad_echo: Record = {**bad, "name": both("Bad Year"), "year": year, "@error": "Validation error"}
    nameless_echo: Record = {**nameless, "acronym": both("NN"), "@error": "name: value(s) required"}
    tree: Json = {"$_org_organisation": [nameless, good, bad]}
    echo: Record = {"$_org_organisation": [bad_echo, nameless_echo]}
    failed: Record = {"status": "failed", "statuscode": "400", "message": "Validation error", "tree": echo}
    group.push("mixed-all-or-nothing", "org/organisation.s3json", tree, failed)
    group.pull("read-nothing", f"org/organisation.s3json?organisation.uuid={uuid('good')}", page(0))
    group.push("mixed-ignoring-errors", path, tree, done(1, INVALID, echo, created=[4]))
    call = stamped("call", contact_method={"@value": "DRUM"}, value="boom")
    cleo = stamped("cleo", first_name="Cleo")
    drum: Record = {"@value": "DRUM", "@error": "contact_method: Value not allowed"}
    call_echo: Record = {**call, "contact_method": drum, "value": both("boom"), "@error": "Validation error"}
    cleo_echo: Record = {**cleo, "first_name": both("Cleo"), "@error": "Validation error", "$_pr_contact": [call_echo]}
    pushed: Json = {"$_pr_person": [{**cleo, "$_pr_contact": [call]}]}
    answer = done(0, INVALID, {"$_pr_person": [cleo_echo]})
    group.push("component-takes-its-master-along", "pr/person.s3json?ignore_errors=True", pushed, answer)
    group.push("other-table-only", path, {"$_org_castle": [stamped("castle", name="Elsinore")]}, done(0))
    source = {"content-type": "application/json", "web2py_error": "Invalid source"}
    for name, body, message, headers in (
        ("empty-list", "[]", "Invalid source", source),
        ("half-a-tree", '{"$_org_organisation":[', "Expecting value: line 1 column 24 (char 23)", HTML_ANSWER),
    ):
        posted: Json = {"Content-Type": "application/json", "Authorization": ADMIN}
        request: Record = {"method": "POST", "path": f"/eden/{path}", "headers": posted, "body": body}
        refused: Json = {"status": "failed", "statuscode": "400", "message": message}
        group.add(name, request, {"status": 400, "headers": cast("Json", headers), "body": refused})
    return group


def deletions() -> Group:
    """Deletions, returns and merges."""
    group, path = Group("05-deletions"), "org/organisation.s3json?ignore_errors=True"

    def push(name: str, answer: Record, *records: Record) -> None:
        group.push(name, path, {"$_org_organisation": cast("Json", list(records))}, answer)

    def gone(name: str, **more: str) -> Record:
        return {"@uuid": uuid(name), "@deleted": "true", "@modified_on": EARLY, **more}

    push("made", done(2, created=[5, 6]), stamped("elm", name="Elm Aid", acronym="EA"), stamped("oak", name="Oak Aid"))
    push("deleted-by-an-older-stamp", done(1, deleted=[5]), gone("elm"))
    push("deleted-again", done(1, deleted=[5]), gone("elm"))
    push("deleted-unknown", done(1), gone("ash"))
    push("returns-by-an-older-push", done(1, updated=[5]), at(EARLY, stamped("elm", name="Elm Again")))
    elm = at(EARLY, exported("elm", "org/organisation/5", name="Elm Again", acronym=both("EA")))
    group.pull(
        "read-returned", f"org/organisation.s3json?mdata=1&~.uuid={uuid('elm')}", page(1, org_organisation=[elm])
    )
    push("merged", done(1, deleted=[5]), gone("elm", **{"@replaced_by": uuid("oak")}))
    group.pull("read-merged", f"org/organisation.s3json?mdata=1&~.uuid={uuid('elm')}&include_deleted=True", page(0))
    error = "Integrity error: record can not be deleted while it is referenced by other records"
    tree: Record = {"$_org_organisation": [{**gone("mill"), "@error": error}]}
    push("referenced", done(0, f"{error} - invalid items ignored", tree), gone("mill"))
    message: Json = {"status": "success", "statuscode": "200", "message": "Organization deleted"}
    removed: Record = {"method": "DELETE", "path": f"/eden/org/organisation.s3json?organisation.uuid={uuid('oak')}"}
    group.add("http-delete", removed, {"headers": {"content-type": "text/html", **UNCACHED}, "body": message})
    return group


def files() -> Group:
    """Files, with their part and without."""
    group, path = Group("06-files"), "doc/image.s3json?ignore_errors=True"
    image = stamped("dam", name="Dam", type={"@value": "1"}, file={"@filename": "dam.png"})
    stored = "doc_image.file.00112233445566aa.ZGFtLnBuZw==.png"
    read = f"doc/image.s3json?mdata=1&image.uuid={uuid('dam')}"
    held = exported("dam", "doc/image/1", name="Dam", type=both(1, "Photograph"))
    group.push_files("part-missing", path, {"$_doc_image": [image]}, {}, [1])
    group.pull("read-without-file", read, page(1, doc_image=[held]))
    group.push_files(
        "with-its-part",
        path,
        {"$_doc_image": [stamped("pier", name="Pier", file={"@filename": "dam.png"})]},
        {"dam.png": PIXEL},
        [2],
    )
    file: Json = {"@url": f"{URL}/default/download/{stored}", "@filename": "dam.png"}
    pier = exported("pier", "doc/image/2", name="Pier", type=both(1, "Photograph"), file=file)
    group.pull("read-with-file", f"doc/image.s3json?mdata=1&image.uuid={uuid('pier')}", page(1, doc_image=[pier]))
    download: Json = {"content-type": "image/png", "cache-control": "private"}
    cast("Record", download)["content-disposition"] = 'attachment; filename="dam.png"'
    body: Json = {"base64": base64.b64encode(PIXEL).decode()}
    request: Record = {"path": f"/eden/default/download/{stored}", "headers": {}}
    group.add("download-needs-no-login", request, {"headers": download, "body": body})
    quake = stamped("quake", name="Quake", date="2031-03-02T06:00:00")
    photo = stamped("photo", name="Crack", type={"@value": "1"}, file={"@filename": "crack.png"})
    tree: Record = {"$_event_incident_report": [{**quake, "$_doc_image": [photo]}]}
    group.push_files(
        "in-a-component", "event/incident_report.s3json?ignore_errors=True", tree, {"crack.png": PIXEL}, [2]
    )
    file = {
        "@url": f"{URL}/default/download/doc_image.file.ffeeddccbbaa9988.Y3JhY2sucG5n.png",
        "@filename": "crack.png",
    }
    crack = exported("photo", "event/incident_report/2/image/3", name="Crack", type=both(1, "Photograph"), file=file)
    shown: Record = {"date": both("2031-03-02T06:00:00", "2031-03-02 06:00"), "closed": both(False, "No")}
    report = exported("quake", "event/incident_report/2", name="Quake", **shown)
    read = f"event/incident_report.s3json?mdata=1&incident_report.uuid={uuid('quake')}"
    group.pull("read-in-a-component", read, page(1, event_incident_report=[{**report, "$_doc_image": [crack]}]))
    tombstone: Record = {"@uuid": uuid("photo"), "@deleted": "true", "@modified_on": MADE}
    tree = {"$_event_incident_report": [{"@uuid": uuid("quake"), "@modified_on": MADE, "$_doc_image": [tombstone]}]}
    group.push("component-deleted", "event/incident_report.s3json?ignore_errors=True", tree, done(1, updated=[2]))
    group.pull("read-component-gone", read, page(1, event_incident_report=[report]))
    return group


def pulls() -> Group:
    """Filters, pages, inventories, and what comes along."""
    group, path = Group("07-pull"), "org/facility.s3json"
    place: Record = {"lat": {"@value": "55.5"}, "lon": {"@value": "-12.25"}, "name": "Shore"}
    records = [at(f"2031-03-02T09:15:0{n}", stamped(f"well {n}", name=f"Well {n}")) for n in range(4)]
    records[3]["$k_location_id"] = to("gis_location", "shore")
    tree: Record = {"$_org_facility": cast("Json", records), "$_gis_location": [stamped("shore", **place)]}
    group.push("four-wells", "org/facility.s3json?ignore_errors=True", tree, done(4, created=[1, 2, 3, 4]))
    plain: Record = {"obsolete": both(False, "-")}
    wells = [
        at(f"2031-03-02T09:15:0{n}", exported(f"well {n}", f"org/facility/{n + 1}", name=f"Well {n}", **plain))
        for n in range(4)
    ]
    shown = "55.500000 N, 12.250000 W"
    wells[3]["$k_location_id"] = to("gis_location", "shore", shown, **{"@lat": "55.5000", "@lon": "-12.2500"})
    located: Record = {
        "gis_feature_type": both(1, "Point"),
        "lat": both(55.5),
        "lon": both(-12.25),
        "inherited": both(False, "Yes"),
    }
    shore: Record = {**exported("shore", "gis/location/1", name="Shore", **located), "@owned_by_group": "Authenticated"}
    everything = page(4, org_facility=wells, gis_location=[shore])
    group.pull("all", f"{path}?mdata=1", everything)
    group.pull(
        "second-page",
        f"{path}?mdata=1&start=1&limit=2",
        {**page(2, org_facility=wells[1:3]), "@start": "1", "@limit": "2"},
    )
    since = f"{path}?mdata=1&msince=2031-03-02T09:15:0"
    group.pull("since-newest-first", f"{since}2", page(2, org_facility=wells[:1:-1], gis_location=[shore]))
    group.pull("since-no-time-at-all", f"{path}?mdata=1&msince=lately", everything)
    filters = f"facility.uuid__belongs={uuid('well 0')},{uuid('nowhere')}"
    cheap = {key: value for key, value in wells[0].items() if key.startswith("@") and key != "@url"}
    inventory = {key: value for key, value in page(1, org_facility=[cheap]).items() if key != "@url"}
    sparse = "fields=None&references=None&mcomponents=None&show_urls=false"
    group.pull("inventory", f"{path}?{sparse}&{filters}", inventory)
    posted: Json = {"Authorization": ADMIN, "Content-Type": "application/x-www-form-urlencoded"}
    request: Record = {"method": "POST", "path": f"/eden/{path}?$search=form&{sparse}", "headers": posted}
    request["body"] = f"{filters}   (shown before percent-encoding)"
    group.add(
        "inventory-by-posted-filter", request, {"headers": {"content-type": "application/json"}, "body": inventory}
    )
    group.pull("by-row-id", "org/facility/1.s3json?mdata=1", page(1, org_facility=wells[:1]))
    failed: Record = {"status": "failed", "statuscode": "404"}
    answer: Record = {"status": 404, "headers": {"content-type": "application/json"}, "body": failed}
    group.add("by-row-id-missing", {"path": "/eden/org/facility/77.s3json"}, answer)
    return group


def write_groups() -> dict[str, str]:
    """All files by name."""
    groups = (logins(), pushes(), references(), rejections(), deletions(), files(), pulls())
    return {
        f"{group.name}.json": json.dumps({"group": group.name, "exchanges": group.exchanges}, indent=1) + "\n"
        for group in groups
    }


if __name__ == "__main__":
    for file_name, text in write_groups().items():
        (FOLDER / file_name).write_text(text)
