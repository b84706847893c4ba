"""A record in the making, for tests that tell a story: who wrote what, having seen which versions."""

from collections.abc import Mapping
from itertools import count

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import AuthorId, DestinationId, FormHash, VersionId
from edenmesh.core.records import (
    FORM_FORMAT,
    OBSERVE,
    PUT,
    RESOLVE,
    RETRACT,
    Change,
    Content,
    Declarations,
    Field,
    FieldState,
    Form,
    Pen,
    Reading,
    RecordState,
    Removal,
    StrandState,
    Table,
    Value,
    Version,
    compose,
    compose_all,
    form_hash,
    observe,
    record_state,
)

TABLE = "org_facility"
OUTSIDE = "urn:uuid:5b1d1a7e-0000-4000-8000-000000000001"
SERVER = DestinationId(bytes([0xD1]) * 32)
OTHER_SERVER = DestinationId(bytes([0xD2]) * 32)


class Page:
    """All versions of one record. Those who write see what they name, or else all heads."""

    def __init__(self, uuid: str | None = None) -> None:
        self.uuid = uuid
        self.versions: dict[VersionId, Version] = {}
        self.uncounted: set[VersionId] = set()
        self.forms: dict[FormHash, Form] = {}
        self.schema = FormHash(b"")

    @property
    def state(self) -> RecordState:
        return record_state(self.versions, self.uncounted, Declarations(self.forms))

    @property
    def strand(self) -> StrandState:
        strand = self.state.strand
        assert strand is not None
        return strand

    def field(self, name: str) -> FieldState:
        return self.strand.fields[name]

    def texts(self, name: str) -> list[Content | None]:
        """What the field may hold, the value shown first."""
        return [choice.content for choice in self.field(name).choices]

    def declare(self, *units: list[str], **restrictive: list[str]) -> FormHash:
        """What is written from now on is written with a form that declares this, and is here."""
        fields = [Field(name=name, kind="string", restrictive=texts) for name, texts in restrictive.items()]
        form = Form(format=FORM_FORMAT, table=Table(name=TABLE, fields=fields, units=list(units)))
        self.schema = form_hash(form.encode())
        self.forms[self.schema] = form
        return self.schema

    def put(self, *seen: VersionId, made: int = 0, **values: Value) -> VersionId:
        return self.write(PUT, seen, Change(set=values), made=made)

    def first(self, **values: Value) -> VersionId:
        """A first version, by somebody who had seen nothing."""
        return self.write(PUT, (), Change(set=values))

    def unset(self, *seen: VersionId, name: str) -> VersionId:
        return self.write(PUT, seen, Change(unset=[name]))

    def add(self, *seen: VersionId, name: str, item: Value) -> VersionId:
        return self.write(PUT, seen, Change(add={name: [item]}))

    def remove(self, *seen: VersionId, name: str, item: Value, additions: list[VersionId]) -> VersionId:
        return self.write(PUT, seen, Change(remove={name: [Removal(item, sorted(additions))]}))

    def retract(self, *seen: VersionId) -> VersionId:
        return self.write(RETRACT, seen, Change())

    def resolve(self, *seen: VersionId, **values: Value) -> VersionId:
        return self.write(RESOLVE, seen, Change(set=values))

    def undo(self, one: VersionId, seen: tuple[VersionId, ...] | None = None) -> VersionId:
        """Somebody takes a version back, having seen it on all heads of the record."""
        heads = self.strand.heads if seen is None else seen
        return self.write(RESOLVE, heads, Change(), about={"undoes": [one]})

    def saw(
        self,
        *parents: VersionId,
        values: Mapping[str, Value] | None = None,
        found: Mapping[str, list[VersionId]] | None = None,
        after: list[VersionId] | None = None,
        ends: Mapping[str, list[VersionId]] | None = None,
        body: bytes = b"",
        destination: DestinationId = SERVER,
    ) -> VersionId:
        """An observation written out by hand, of a body that no other one has."""
        body = body or len(self.versions).to_bytes(32, "big")
        about: dict[str, Plain] = {"body": body, "destination": destination}
        if ends:
            about["ends"] = {name: list[Plain](sorted(ids)) for name, ids in ends.items()}
        if found:
            about["found"] = {name: list[Plain](sorted(ids)) for name, ids in found.items()}
        if after:
            about["after"] = list[Plain](sorted(after))
        return self.write(OBSERVE, parents, Change(set=dict(values or {})), about=about)

    def read(self, reading: Reading) -> VersionId | None:
        """A gateway reads the server and writes what it saw, or nothing."""
        draft = observe(self.versions, reading, self.uncounted, Declarations(self.forms))
        if draft is None:
            return None
        return self.write(OBSERVE, draft.parents, draft.change, about=draft.about)

    def write(
        self,
        op: str,
        seen: tuple[VersionId, ...],
        change: Change,
        *,
        made: int = 0,
        about: Mapping[str, Plain] | None = None,
    ) -> VersionId:
        seq = len(self.versions)
        pen = Pen(AuthorId(bytes([0xA0 + seq % 3]) * 32), seq, made, seq.to_bytes(16, "big"), self.schema)
        carried = compose(pen, TABLE, self.uuid, change, parents=seen, op=op, about=about)
        self.uuid = carried.version.uuid
        self.versions[carried.id] = carried.version
        return carried.id

    def act(
        self, op: str, seen: tuple[VersionId, ...], change: Change, *, about: Mapping[str, Plain] | None = None
    ) -> list[VersionId]:
        """What a person does, in as many versions as it takes."""
        start = len(self.versions)
        pens = (
            Pen(AuthorId(bytes([0xA0]) * 32), number, 0, number.to_bytes(16, "big"), self.schema)
            for number in count(start)
        )
        written = compose_all(pens, TABLE, self.uuid, change, parents=seen, op=op, about=about)
        self.versions.update({one.id: one.version for one in written})
        return [one.id for one in written]

    def hold_back(self, one: VersionId) -> None:
        """A version has not come to this device."""
        del self.versions[one]
