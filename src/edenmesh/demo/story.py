"""The main job, told by two devices: meet, pair, share, disagree, decide, deliver, and learn that it arrived.

Every figure shown is asked from the devices or the server at the end, never counted along the way; if one of them does
not fit, the demo fails.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from queue import Queue
from threading import Thread
from typing import Final

import httpx

from edenmesh.demo.dataset import Dataset
from edenmesh.demo.devices import DemoDevice, DemoFailed
from edenmesh.demo.drawing import Drawing
from edenmesh.node import Json
from edenmesh.standin import USERS, StandinServer

_FACILITY: Final = "org_facility"
_ORGANISATION: Final = "org_organisation"
_PERSON: Final = "pr_person"
_SERVER: Final = "server"


@dataclass(slots=True)
class Summary:
    """What the demo came to."""

    records: int = 0
    conflicts: int = 0
    merges: int = 0
    retracted: int = 0
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
                told = _object(device.post("/api/import", {"document": document, "files": files}))
                self._draw.fact(f"{device.name} imports {told['written']} records of {table}, {told['files']} photos")
                if told["problem_count"] or told["written"] != told["rows"]:
                    raise DemoFailed(f"the import of {table} was not clean: {told['problems']}")

    def pair(self) -> None:
        """Bo makes his device visible; Amina sees it, chooses it, and both compare the code."""
        self._draw.scene("2. Bo's device makes itself visible; Amina's finds it and asks to pair")
        shown = _object(self._bo.post("/api/visible", {"minutes": 5}))
        seen = [_object(one)["call_sign"] for one in _list(self._amina.get("/api/nearby", seconds="2"))]
        call_sign, address = str(shown["call_sign"]), f"{_list(shown['addresses'])[0]}:{shown['port']}"
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
        ours = _object(next(outgoing)["code"])
        theirs = _object(_next(incoming)["code"])
        self._draw.codes(("Amina", ours), ("Bo", theirs))
        if ours["code"] != theirs["code"]:
            raise DemoFailed("the two screens show different codes: somebody stands between them")
        self._draw.fact("both persons compare the six digits: they are the same, and both say yes")
        for device in (self._amina, self._bo):
            device.post("/api/pairing/answer", {"code": ours["code"], "is_same": True})
        next(outgoing)
        _next(incoming)
        waiting.join()
        members = [str(_object(one)["name"]) for one in _list(self._amina.get("/api/members"))]
        self._draw.fact(f"they are one team now: {', '.join(members)}")
        self._address = address

    def share(self) -> None:
        """One session, both ways, until both devices state the same."""
        self._draw.scene("3. They share everything: one session, both ways, encrypted")
        told = self._sync("sharing")
        self.summary.bytes_on_wire += int(_number(told["bytes_sent"]) + _number(told["bytes_received"]))
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
        self.summary.bytes_on_wire += int(_number(told["bytes_sent"]) + _number(told["bytes_received"]))
        shown = _object(_list(_object(self._bo.get("/api/record", table=_FACILITY, uuid=facility))["strands"])[0])
        merged = {name: _object(value)["value"] for name, value in _object(shown["fields"]).items()}
        if (merged["email"], merged["comments"]) != ("school@example.org", "roof repaired, 80 places"):
            raise DemoFailed(f"the two edits of the facility did not merge: {merged}")
        self.summary.merges = 1
        self.summary.retracted = 1
        self._draw.fact("the facility shows both edits: they touched different fields")

    def decide(self) -> None:
        """The conflict is shown with who and when; a person decides, and the decision travels."""
        self._draw.scene("5. The name is in conflict: nobody's edit is lost, and a person decides")
        [conflict] = [_object(one) for one in _list(self._amina.get("/api/conflicts"))]
        field_view = _object(_object(_object(_list(conflict["strands"])[0])["fields"])["name"])
        choices = [_object(one) for one in _list(field_view["choices"])]
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
        if _list(self._bo.get("/api/conflicts")):
            raise DemoFailed("the decision did not reach Bo")
        self._draw.fact("Amina chooses Bo's value, “because Bo was there last”; Bo's device has heard of it")

    def deliver(self) -> None:
        """Bo reaches a server and delivers for both; what was read back is the receipt, and it travels."""
        self._draw.scene("6. Bo reaches a Sahana Eden server (a stand-in, on loopback) and delivers for both")
        login = USERS[0]
        destination: dict[str, Json] = {
            "name": _SERVER,
            "url": self._server.url,
            "user": login.email,
            "password": login.password,
            "is_http_allowed": True,
        }
        self._bo.put("/api/destinations", destination)
        result: dict[str, Json] = {}
        with self._draw.progress("delivering") as progress:
            for told in self._bo.follow("/api/deliver", {"name": _SERVER}):
                if told.get("result") is not None:
                    result = _object(told["result"])
                else:
                    progress(int(_number(told.get("done", 0))), int(_number(told.get("total", 0))))
        self._draw.fact(f"{result['delivered']} records were sent, read back and found equal")
        if _list(result["rejected"]) or _list(result["held"]):
            raise DemoFailed(f"not everything was delivered: {result['rejected']} {result['held']}")
        self._sync("receipts travel back")

    def conclude(self) -> Summary:
        """Ask everybody what is true, and compare."""
        self._draw.scene("7. What is true now, asked from both devices and the server")
        ours, theirs = _object(self._amina.get("/api/status")), _object(self._bo.get("/api/status"))
        summary = self.summary
        summary.records = int(_number(ours["records"]))
        summary.files = len([seen for seen in self._server.requests if seen.path.endswith("download")])
        summary.seconds = time.monotonic() - self._begun
        [amina_knows] = [_object(one) for one in _list(ours["destinations"])]
        [bo_knows] = [_object(one) for one in _list(theirs["destinations"])]
        summary.receipts = int(_number(amina_knows["delivered"]))
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
        return summary

    def _sync(self, words: str) -> dict[str, Json]:
        last: dict[str, Json] = {}
        begun = time.monotonic()
        with self._draw.progress(words) as progress:
            for told in self._amina.follow("/api/sync", {"peer": "Bo", "address": self._bo_address()}):
                last = told
                done = _number(told["taken"]) + _number(told["given"])
                progress(int(done), int(_number(told["to_take"]) + _number(told["to_give"])))
        if last.get("missing") != []:
            raise DemoFailed(f"the sync did not bring everything: {last.get('missing')} {last.get('ended')}")
        changes = _number(last["taken"]) + _number(last["given"])
        self.summary.rates[words] = changes / max(time.monotonic() - begun, 0.001)
        return last

    def _bo_address(self) -> str:
        status = _object(self._bo.get("/api/status"))
        return f"{_list(status['addresses'])[0]}:{status['port']}"

    def _nth(self, table: str, number: int) -> str:
        page = _object(self._amina.get("/api/records", table=table, limit=str(number)))
        return str(_object(_list(page["records"])[-1])["uuid"])

    def _uuids(self, device: DemoDevice, table: str) -> set[str]:
        found: set[str] = set()
        after: Json = 0
        while True:
            page = _object(device.get("/api/records", table=table, limit="1000", after=str(after)))
            found.update(str(_object(row)["uuid"]) for row in _list(page["records"]))
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
    return [str(_object(row)["table"]) for row in _list(device.get("/api/tables"))]


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise DemoFailed(f"expected an object, got {value!r}")
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise DemoFailed(f"expected a list, got {value!r}")
    return value


def _number(value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DemoFailed(f"expected a number, got {value!r}")
    return value
