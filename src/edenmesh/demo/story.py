"""The main job, told by two devices: meet, pair, share, disagree, decide, deliver, and learn that it arrived.

Every figure shown is asked from the devices or the server at the end, never counted along the way; if one of them does
not fit, the demo fails.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from queue import Queue
from threading import Thread
from typing import Final

import httpx

from edenmesh.cli import ExitCode
from edenmesh.demo.dataset import Dataset
from edenmesh.demo.devices import DemoDevice, DemoFailed
from edenmesh.demo.drawing import Drawing
from edenmesh.demo.told import list_of, number_of, object_of
from edenmesh.node import Json
from edenmesh.standin import USERS, StandinServer

_FACILITY: Final = "org_facility"
_ORGANISATION: Final = "org_organisation"
_PERSON: Final = "pr_person"
_SERVER: Final = "server"
_TEMPLATE_UUID: Final = "urn:uuid:7e3a51f0-5d8c-4a57-9d2e-1c3f7b9a0d11"


@dataclass(slots=True)
class Summary:
    """What the demo came to."""

    records: int = 0
    conflicts: int = 0
    merges: int = 0
    retracted: int = 0
    parted: int = 0
    erased: int = 0
    files: int = 0
    bytes_on_wire: int = 0
    receipts: int = 0
    seconds: float = 0.0
    rates: dict[str, float] = field(default_factory=dict)


class Story:
    """The scenes, in order. Amina's device never sees the server; Bo's is the gateway."""

    def __init__(self, amina: DemoDevice, bo: DemoDevice, server: StandinServer, draw: Drawing) -> None:
        self._amina = amina
        self._bo = bo
        self._server = server
        self._draw = draw
        self._begun = time.monotonic()
        self.summary = Summary()

    def gather(self, dataset: Dataset) -> None:
        """Both collect records, each on their own, with no network."""
        self._draw.scene("1. Two devices, no server, no internet: each has records the other has not")
        shares = {self._amina: (_ORGANISATION, _FACILITY, _PERSON), self._bo: ("event_incident_report",)}
        for device, tables in shares.items():
            for table in tables:
                names = [name for name in dataset.photos if name.encode() in dataset.documents[table]]
                files: dict[str, Json] = {}
                for name in names:
                    files[name] = device.send("/api/files", dataset.photos[name], label=name)
                document = dataset.documents[table].decode()
                told = object_of(device.post("/api/import", {"document": document, "files": files}))
                self._draw.fact(f"{device.name} imports {told['written']} records of {table}, {told['files']} photos")
                if told["problem_count"] or told["written"] != told["rows"]:
                    raise DemoFailed(f"the import of {table} was not clean: {told['problems']}")

    def pair(self) -> None:
        """Bo makes his device visible; Amina sees it, chooses it, and both compare the code."""
        self._draw.scene("2. Bo's device makes itself visible; Amina's finds it and asks to pair")
        shown = object_of(self._bo.post("/api/visible", {"minutes": 5}))
        seen = [object_of(one)["call_sign"] for one in list_of(self._amina.get("/api/nearby", seconds="2"))]
        call_sign, address = str(shown["call_sign"]), f"{list_of(shown['addresses'])[0]}:{shown['port']}"
        if call_sign and call_sign in seen:
            self._draw.fact(f"Amina sees a device called “{call_sign}” nearby (multicast DNS on loopback)")
            target = call_sign
        else:
            self._draw.fact(f"no multicast here: Amina types the address Bo's screen shows, {address}")
            target = address
        incoming: Queue[dict[str, Json] | DemoFailed] = Queue()
        waiting = Thread(target=_collect, args=(self._bo, incoming), daemon=True)
        waiting.start()
        _next(incoming)
        outgoing = self._amina.follow("/api/pair", {"target": target})
        ours = object_of(next(outgoing)["code"])
        theirs = object_of(_next(incoming)["code"])
        self._draw.codes(("Amina", ours), ("Bo", theirs))
        if ours["code"] != theirs["code"]:
            raise DemoFailed("the two screens show different codes: somebody stands between them")
        self._draw.fact("both persons compare the six digits: they are the same, and both say yes")
        for device in (self._amina, self._bo):
            device.post("/api/pairing/answer", {"code": ours["code"], "is_same": True})
        next(outgoing)
        _next(incoming)
        waiting.join()
        members = [str(object_of(one)["name"]) for one in list_of(self._amina.get("/api/members"))]
        self._draw.fact(f"they are one team now: {', '.join(members)}")
        self._address = address

    def share(self) -> None:
        """One session, both ways, until both devices state the same."""
        self._draw.scene("3. They share everything: one session, both ways, encrypted")
        told = self._sync("sharing")
        self.summary.bytes_on_wire += int(number_of(told["bytes_sent"]) + number_of(told["bytes_received"]))
        self._draw.fact(
            "both devices state the same set of changes, the same team and whole photos: everything is here"
        )

    def disagree(self) -> None:
        """Apart again, both edit the same records."""
        self._draw.scene("4. Apart again: both edit the same records, Amina deletes one")
        facility, organisation = self._nth(_FACILITY, 1), self._nth(_ORGANISATION, 1)
        self._bo.stop()
        self._edit(self._amina, _FACILITY, facility, {"email": "school@example.org"})
        self._edit(self._amina, _ORGANISATION, organisation, {"name": "Arda Relief (north)"})
        gone = self._nth(_FACILITY, 2)
        self._amina.post("/api/record/retract", {"table": _FACILITY, "uuid": gone})
        self._bo.command("record", "edit", _FACILITY, facility, "comments=roof repaired, 80 places")
        self._bo.command("record", "edit", _ORGANISATION, organisation, "name=Arda Relief (south)")
        self._bo.start()
        self._draw.fact("Amina: e-mail of a facility, name of an organisation; another facility deleted")
        self._draw.fact("Bo, his device switched off: comments of the same facility, name of the same organisation")
        told = self._sync("meeting again")
        self.summary.bytes_on_wire += int(number_of(told["bytes_sent"]) + number_of(told["bytes_received"]))
        shown = object_of(list_of(object_of(self._bo.get("/api/record", table=_FACILITY, uuid=facility))["strands"])[0])
        merged = {name: object_of(value)["value"] for name, value in object_of(shown["fields"]).items()}
        if (merged["email"], merged["comments"]) != ("school@example.org", "roof repaired, 80 places"):
            raise DemoFailed(f"the two edits of the facility did not merge: {merged}")
        self.summary.merges = 1
        self.summary.retracted = 1
        self._draw.fact("the facility shows both edits: they touched different fields")

    def decide(self) -> None:
        """The conflict is shown with who and when; a person decides, and the decision travels."""
        self._draw.scene("5. The name is in conflict: nobody's edit is lost, and a person decides")
        [conflict] = [object_of(one) for one in list_of(self._amina.get("/api/conflicts"))]
        field_view = object_of(object_of(object_of(list_of(conflict["strands"])[0])["fields"])["name"])
        choices = [object_of(one) for one in list_of(field_view["choices"])]
        self._draw.choices("name", [(str(one["text"]), str(one["by"])) for one in choices])
        chosen = next(one for one in choices if one["by"] == "Bo")
        request: dict[str, Json] = {
            "table": conflict["table"],
            "uuid": conflict["uuid"],
            "versions": [chosen["version"]],
            "why": "Bo was there last",
        }
        self._amina.post("/api/record/resolve", request)
        self.summary.conflicts = 1
        self._sync("passing the decision on")
        if list_of(self._bo.get("/api/conflicts")):
            raise DemoFailed("the decision did not reach Bo")
        self._draw.fact("Amina chooses Bo's value, “because Bo was there last”; Bo's device has heard of it")

    def tell_apart(self) -> None:
        """Two different things under one identifier are seen, shown whole, and told apart by a person."""
        self._draw.scene("6. Both imported a list from the same template: one identifier, two different facilities")
        before = self._records()
        for device, name in ((self._amina, "Well at the mosque"), (self._bo, "Kitchen of the school")):
            row = {"@uuid": _TEMPLATE_UUID, "name": name}
            device.post("/api/import", {"document": json.dumps({f"$_{_FACILITY}": [row]})})
        self._sync("sharing the two")
        [conflict] = [object_of(one) for one in list_of(self._amina.get("/api/conflicts"))]
        strands = [object_of(one) for one in list_of(conflict["strands"])]
        names = {str(object_of(object_of(one["fields"])["name"])["text"]): str(one["id"]) for one in strands}
        self._draw.choices("two records under one identifier", [(name, "shown whole") for name in sorted(names)])
        keeps = names["Well at the mosque"]
        decision: dict[str, Json] = {"table": _FACILITY, "uuid": _TEMPLATE_UUID, "keeps": keeps}
        self._amina.post("/api/record/identity", {**decision, "why": "a well is no kitchen"})
        self._sync("passing the decision on")
        ours, theirs = self._uuids(self._amina, _FACILITY), self._uuids(self._bo, _FACILITY)
        if ours != theirs or self._records() != before + 2 or list_of(self._bo.get("/api/conflicts")):
            raise DemoFailed("the two facilities were not told apart on both devices")
        self.summary.parted = 1
        self._draw.fact("Amina says they are different: the well keeps the identifier, the kitchen gets its own")

    def erase(self) -> None:
        """A person asks to be forgotten; a device that was away cannot bring her back."""
        self._draw.scene("7. Somebody asks to be forgotten, while Bo's device is off and he works on her record")
        person, before = self._nth(_PERSON, 3), self._records()
        self._bo.post("/api/roles/give", {"peer": "Amina", "role": "steward"})
        self._sync("making Amina a steward, too")
        people = str(self._bo.home.with_name("people.json"))
        self._bo.command("export", "--table", _PERSON, "--output", people)
        self._bo.stop()
        self._bo.command("record", "edit", _PERSON, person, "comments=moved to the north camp")
        [view] = list_of(self._amina.post("/api/erase", {"table": _PERSON, "uuid": person}))
        self._draw.fact("Amina, a steward, erases her: hidden and given to nobody from now on")
        self._bo.start()
        self._sync("meeting the late device")
        self._bo.command("import", people, expected=ExitCode.PARTLY)
        for device in (self._amina, self._bo):
            if person in self._uuids(device, _PERSON):
                raise DemoFailed(f"{device.name} shows a person who was erased")
        self._bo.post("/api/erase/confirm", {"entry": object_of(view)["entry"]})
        self._sync("destroying it")
        self.summary.erased = before - self._records()
        self._draw.fact("Bo's edit, and an old export he imports, bring nothing back; as a second steward he confirms")

    def deliver(self) -> None:
        """Bo reaches a server and delivers for both; what was read back is the receipt, and it travels."""
        self._draw.scene("8. Bo reaches a Sahana Eden server (a stand-in, on loopback) and delivers for both")
        login = USERS[0]
        destination: dict[str, Json] = {
            "name": _SERVER,
            "url": self._server.url,
            "user": login.email,
            "password": login.password,
            "is_http_allowed": True,
        }
        self._bo.put("/api/destinations", destination)
        self._bo.post("/api/destinations/pin", {"name": _SERVER})
        self._draw.fact("Bo, a steward and a gateway, pins it: what he reads back there is a receipt")
        result: dict[str, Json] = {}
        with self._draw.progress("delivering") as progress:
            for told in self._bo.follow("/api/deliver", {"name": _SERVER}):
                if told.get("result") is not None:
                    result = object_of(told["result"])
                else:
                    progress(int(number_of(told.get("done", 0))), int(number_of(told.get("total", 0))))
        self._draw.fact(f"{result['delivered']} records were sent, read back and found equal")
        if list_of(result["rejected"]) or list_of(result["held"]):
            raise DemoFailed(f"not everything was delivered: {result['rejected']} {result['held']}")
        self._sync("receipts travel back")

    def conclude(self) -> Summary:
        """Ask everybody what is true, and compare."""
        self._draw.scene("9. What is true now, asked from both devices and the server")
        ours, theirs = object_of(self._amina.get("/api/status")), object_of(self._bo.get("/api/status"))
        summary = self.summary
        summary.records = int(number_of(ours["records"]))
        summary.files = len([seen for seen in self._server.requests if seen.path.endswith("download")])
        summary.seconds = time.monotonic() - self._begun
        [amina_knows] = [object_of(one) for one in list_of(ours["destinations"])]
        [bo_knows] = [object_of(one) for one in list_of(theirs["destinations"])]
        summary.receipts = int(number_of(amina_knows["receipts"]))
        on_server = sum(
            len(self._uuids(self._amina, table) & set(self._server.uuids(table))) for table in _tables(self._amina)
        )
        facts = {
            "records on Amina's device": ours["records"],
            "records on Bo's device": theirs["records"],
            "of these on the server": on_server,
        }
        if len(set(map(str, facts.values()))) != 1:
            raise DemoFailed(f"the three do not hold the same: {facts}")
        if amina_knows["owed"] or bo_knows["owed"] or ours["open"] or theirs["open"]:
            raise DemoFailed(f"something is open: {ours} {theirs}")
        for what, count in facts.items():
            self._draw.fact(f"{what}: {count}")
        self._draw.fact(f"Amina's device never saw the server, and holds receipts for {summary.receipts} records")
        for device in (self._amina, self._bo):
            if _PERSON not in device.browse("/data"):
                raise DemoFailed(f"{device.name} does not show its people to a browser")
        self._draw.fact("both show all of this in a browser, too, once they have let it in")
        return summary

    def leave_open(self) -> None:
        """For a person to decide in a browser: one more name in conflict."""
        organisation = self._nth(_ORGANISATION, 2)
        self._bo.stop()
        self._edit(self._amina, _ORGANISATION, organisation, {"name": "Belo Water Trust (east)"})
        self._bo.command("record", "edit", _ORGANISATION, organisation, "name=Belo Water Trust (west)")
        self._bo.start()
        self._sync("disagreeing once more")

    def _sync(self, words: str) -> dict[str, Json]:
        last: dict[str, Json] = {}
        begun = time.monotonic()
        with self._draw.progress(words) as progress:
            for told in self._amina.follow("/api/sync", {"peer": "Bo", "address": self._bo_address()}):
                last = told
                done = number_of(told["taken"]) + number_of(told["given"])
                progress(int(done), int(number_of(told["to_take"]) + number_of(told["to_give"])))
        if last.get("missing") != []:
            raise DemoFailed(f"the sync did not bring everything: {last.get('missing')} {last.get('ended')}")
        changes = number_of(last["taken"]) + number_of(last["given"])
        self.summary.rates[words] = changes / max(time.monotonic() - begun, 0.001)
        return last

    def _bo_address(self) -> str:
        status = object_of(self._bo.get("/api/status"))
        return f"{list_of(status['addresses'])[0]}:{status['port']}"

    def _nth(self, table: str, number: int) -> str:
        page = object_of(self._amina.get("/api/records", table=table, limit=str(number)))
        return str(object_of(list_of(page["records"])[-1])["uuid"])

    def _records(self) -> int:
        return int(number_of(object_of(self._amina.get("/api/status"))["records"]))

    def _uuids(self, device: DemoDevice, table: str) -> set[str]:
        found: set[str] = set()
        after: Json = 0
        while True:
            page = object_of(device.get("/api/records", table=table, limit="1000", after=str(after)))
            found.update(str(object_of(row)["uuid"]) for row in list_of(page["records"]))
            after = page["after"]
            if not after:
                return found

    def _edit(self, device: DemoDevice, table: str, uuid: str, values: dict[str, Json]) -> None:
        device.patch("/api/record", {"table": table, "uuid": uuid, "values": values})


def _collect(device: DemoDevice, told: "Queue[dict[str, Json] | DemoFailed]") -> None:
    try:
        for line in device.follow("/api/pairing"):
            told.put(line)
    except (DemoFailed, httpx.TransportError) as error:
        told.put(DemoFailed(str(error)))


def _next(told: "Queue[dict[str, Json] | DemoFailed]") -> dict[str, Json]:
    line = told.get(timeout=30)
    if isinstance(line, DemoFailed):
        raise line
    return line


def _tables(device: DemoDevice) -> Iterable[str]:
    return [str(object_of(row)["table"]) for row in list_of(device.get("/api/tables"))]
