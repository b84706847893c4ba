"""The versions of versions.json: what happens to a few wells, told by those who write it down.

Each version is known by a name. Only what is new is added, at the end: seq and salt, and with them every id, come from
the place of a version in the story.
"""

from collections.abc import Iterable
from typing import Final

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import AuthorId, VersionId
from edenmesh.core.records import ABSENT, Carried, body_hash, carry, left_uuid, owned_uuid
from tests.oracle.packing import pack
from tests.oracle.versions import Map, base, tagged

TABLE: Final = "org_facility"
OUTSIDE: Final = "urn:uuid:5b1d1a7e-0000-4000-8000-000000000001"
AUTHORS: Final = {name: AuthorId(bytes([0xA1 + number]) * 32) for number, name in enumerate(("Amina", "Bo", "gateway"))}
SERVER: Final = bytes([0xD1]) * 32
FORM: Final = bytes([0xF1]) * 32
PLACE_FORM: Final = bytes([0xF2]) * 32
STATUS_FORM: Final = bytes([0xF3]) * 32
PHOTO: Final = bytes([0xB1]) * 32


class Story:
    """A well that two people edit and a gateway delivers, and two that were imported under one uuid."""

    def __init__(self) -> None:
        self.carried: dict[str, Carried] = {}
        self.uuid = owned_uuid(AUTHORS["Amina"], 0, _salt(0), TABLE)
        self._write_record()
        self._write_strands()
        self._write_newer()
        self._write_undos()
        self._write_forms()
        self._write_lists()
        self._write_decisions()
        self._write_observations()

    def _write_record(self) -> None:
        self.add("first", "Amina", set={"name": "Well", "status": "open"}, schema=FORM)
        self.add("every kind of value", "Amina", ["first"], set=_every_kind())
        self.add("rename by Amina", "Amina", ["first"], set={"name": "Old well"})
        self.add("rename by Bo", "Bo", ["first"], set={"name": "New well"})
        self.add("status by Bo", "Bo", ["rename by Bo"], set={"status": "closed"}, about={"via": "phone"})
        self.add("empty the status", "Amina", ["first"], unset=["status"])
        self.add("two needs", "Amina", ["first"], add={"needs": ["pump", 7]})
        self.add("one more need", "Bo", ["first"], add={"needs": ["pump"]})
        removal: Plain = {"needs": [["pump", [self["two needs"]]], [7, [self["two needs"]]]]}
        self.add("remove the needs", "Amina", ["two needs"], remove=removal)
        self.add("retract", "Bo", ["first"], op="retract")
        chosen: Map = {"name": "Old well"}
        both = ["rename by Amina", "status by Bo"]
        self.add("resolution", "Amina", both, op="resolve", set=chosen, about={"why": "Bo read the wrong sign"})
        self.add("late edit", "Bo", ["first"], set={"name": "Clinic"})
        self.add("receipt", "gateway", ["first"], **_observed(body_hash({"name": "Well", "status": "open"})))
        stamps: Map = {"created_on": "2026-11-01 08:00:00", "modified_on": "2026-11-22 22:24:22"}
        seen = _observed(
            body_hash({"name": "Old well", "status": "shut"}), **stamps, found={"name": [self["rename by Amina"]]}
        )
        self.add("edit on the server", "gateway", ["receipt"], **seen, set={"name": "Old well", "status": "shut"})
        self.add("pulled back", "gateway", [], **_observed(SERVER), set={"name": "Well", "status": "open"})
        self.add("gone back", "gateway", [], **_observed(ABSENT, after=[self["receipt"]]))

    def _write_strands(self) -> None:
        self.add("imported well", "Amina", uuid=OUTSIDE, set={"name": "Well", "year": 1999})
        self.add("the same import", "Bo", uuid=OUTSIDE, set={"name": "Well", "year": "1999"})
        self.add("edit of the same", "Bo", ["the same import"], uuid=OUTSIDE, set={"year": 2000})
        self.add("another import", "Bo", uuid=OUTSIDE, set={"name": "Clinic"})

    def _write_newer(self) -> None:
        self.add("newer op", "Bo", ["first"], op="weigh", set={"name": "weighed"})
        self.add("newer field", "Bo", ["first"], set={"name": "Well 2"}, zone={"deep": [True]})
        self.add("newer format", "Bo", ["first"], format=2, set={"place": tagged("point", lat="1", lon="2")})

    def _write_undos(self) -> None:
        self.undo("undo of the rename", "Bo", ["rename by Amina"], "rename by Amina")
        self.undo("undo of the undo", "Amina", ["undo of the rename"], "undo of the rename")
        self.undo("undo of the resolution", "Bo", ["resolution"], "resolution")
        self.undo("undo of the retract", "Amina", ["retract"], "retract")
        self.undo("undo of a rename not seen", "Bo", ["first"], "rename by Amina")

    def _write_forms(self) -> None:
        self.add("place by Amina", "Amina", ["first"], set={"lat": 1, "lon": 2}, schema=PLACE_FORM)
        self.add("place by Bo", "Bo", ["first"], set={"lat": 3, "lon": 4}, schema=PLACE_FORM)
        self.add("longitude by Bo", "Bo", ["place by Amina"], set={"lon": 5}, schema=FORM)
        self.add("place again by Amina", "Amina", ["place by Amina"], set={"lat": 6, "lon": 7}, schema=PLACE_FORM)
        self.add("longitude of both", "Bo", ["place by Amina", "place by Bo"], set={"lon": 8}, schema=FORM)
        self.add("closed by Amina", "Amina", ["first"], set={"status": "closed"}, schema=STATUS_FORM)
        self.add("opened by Bo", "Bo", ["rename by Bo"], set={"status": "half open"}, schema=STATUS_FORM)

    def _write_lists(self) -> None:
        self.add("list in place of the status", "Amina", ["first"], unset=["status"], add={"status": ["open", "full"]})
        removal: Plain = {"needs": [["pump", [self["two needs"]]], [7, [self["two needs"]]]]}
        self.add("value in place of the needs", "Bo", ["two needs"], set={"needs": "nothing"}, remove=removal)

    def _write_decisions(self) -> None:
        both = ["imported well", "another import"]
        left = left_uuid(self["another import"])
        well: Map = {"strand": self["imported well"]}
        clinic: Map = {"strand": self["another import"]}
        self.add("edit of both", "Amina", both, uuid=OUTSIDE, set={"beds": 4})
        self.add("edit of the clinic", "Amina", both, uuid=OUTSIDE, set={"name": "Big clinic"}, about=clinic)
        same: Map = {"same": [*sorted(self[one] for one in both)]}
        self.add("same", "Amina", both, op="resolve", uuid=OUTSIDE, about=same)
        different: Map = {"keeps": self["imported well"], "leaves": [self["another import"]]}
        self.add("different", "Bo", both, op="resolve", uuid=OUTSIDE, about=different)
        self.add("edit of who left", "Bo", ["different"], uuid=left, set={"name": "Small clinic"}, about=clinic)
        self.add("edit of who stayed", "Amina", ["different"], uuid=OUTSIDE, set={"year": 2001}, about=well)
        edits = ["edit of who left", "edit of who stayed"]
        self.undo("undo of different", "Amina", edits, "different", uuid=OUTSIDE)

    def _write_observations(self) -> None:
        shut, full = ({"name": "Well", "status": status} for status in ("shut", "full"))
        seen = _observed(body_hash(shut), modified_on="2026-11-21 12:00:00")
        self.add("shut, says the gateway", "gateway", ["first"], **seen, set={"status": "shut"})
        self.add("shut, says Bo", "Bo", ["first"], **seen, set={**shut})
        self.add("edit of what the gateway saw", "Amina", ["shut, says the gateway"], set={"status": "open again"})
        self.add("full, says Bo", "Bo", ["first"], **_observed(body_hash(full)), set={"status": "full"})
        ended: Map = {"status": [self["shut, says the gateway"]]}
        both = ["shut, says the gateway", "full, says Bo"]
        self.add("full again", "gateway", both, **_observed(body_hash(full), ends=ended))
        well = body_hash({"name": "Well", "status": "open"})
        self.add("the old name again", "gateway", ["rename by Amina"], **_observed(well), set={"name": "Well"})
        stamps: Map = {"created_on": "2026-11-01 08:00:00", "modified_on": "2026-11-20 10:00:00"}
        restored = _observed(body_hash({"name": "Spring"}), **stamps, after=[self["edit on the server"]])
        self.add("restored", "gateway", [], **restored, set={"name": "Spring"})
        self.add("answer", "Amina", ["edit on the server", "restored"], op="resolve", set={"name": "Old well"})

    def __getitem__(self, name: str) -> VersionId:
        return self.carried[name].id

    def add(self, name: str, author: str, parents: Iterable[str] = (), **fields: Plain) -> None:
        """Write a version, from its fields alone."""
        seq = len(self.carried)
        frame: Map = {"author": AUTHORS[author], "made": 1_790_000_000_000 + seq * 1000, "salt": _salt(seq), "seq": seq}
        plain = base(**frame, table=TABLE, uuid=self.uuid)
        del plain["set"]
        if parents:
            plain["parents"] = list[Plain](sorted(self[parent] for parent in parents))
        self.carried[name] = carry(pack({**plain, **fields}))

    def undo(self, name: str, author: str, parents: Iterable[str], undone: str, **fields: Plain) -> None:
        """Take a version back."""
        self.add(name, author, parents, op="resolve", about={"undoes": [self[undone]]}, **fields)


def _every_kind() -> Map:
    return {
        "boolean": True,
        "date": tagged("date", text="2026-11-22"),
        "datetime": tagged("datetime", text="2026-11-22T22:24:22"),
        "decimal": tagged("decimal", text="-0.5"),
        "file": tagged("file", hash=PHOTO, label="well.jpg", media="image/jpeg", size=345_678),
        "integer": -1999,
        "reference": tagged("reference", table="org_organisation", uuid=OUTSIDE),
        "strand": tagged("reference", table="org_organisation", uuid=OUTSIDE, version=PHOTO),
        "text": "Brunnen für Köln \U0001f6b0",
    }


def _observed(body: bytes, **more: Plain) -> Map:
    return {"op": "observe", "about": {"body": body, "destination": SERVER, **more}}


def _salt(seq: int) -> bytes:
    return bytes([seq]) * 16
