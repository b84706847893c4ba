"""What a version of some op says beside its values, as types: reading one is checking it.

An observation says what a destination held when it was read (design, section 2.6); a resolution what a person decided
beside the values it gives (section 2.2). Words beside those named here are left alone: they may be newer than this
program.
"""

from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from edenmesh.core.ids import ID_BYTES, DestinationId, Id, VersionId, tagged_hash
from edenmesh.core.limits import LABEL_CHARS_MAX, NAME_CHARS_MAX, VERSION_FIELDS_MAX, VERSION_PARENTS_MAX

ABSENT: Final = tagged_hash("absent")
"""The body of an observation that found no such record."""

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=NAME_CHARS_MAX)]
"""The name of a table, a field or an op."""

_Id: TypeAlias = Annotated[VersionId, Meta(min_length=ID_BYTES, max_length=ID_BYTES)]
_Ids: TypeAlias = Annotated[tuple[_Id, ...], Meta(min_length=1, max_length=VERSION_PARENTS_MAX)]
_Destination: TypeAlias = Annotated[DestinationId, Meta(min_length=ID_BYTES, max_length=ID_BYTES)]
_Stamp: TypeAlias = Annotated[str, Meta(min_length=1, max_length=LABEL_CHARS_MAX)]


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """What one observation says beside its values.

    `body` is the hash of the canonical body or ABSENT; the stamps are the server's own, empty where it gave none.
    `found` names, for each field, versions whose value was found there though the observation does not descend from
    them. `ends` names, for each field, observed assignments below it whose value the body no longer has though it
    assigns nothing itself: several values were below it, and the body has another of them. `after` is not empty where
    the server has gone back: the last observations before.
    """

    after: _Ids = ()
    body: Id
    created_on: _Stamp = ""
    destination: _Destination
    ends: Annotated[dict[Name, _Ids], Meta(min_length=1, max_length=VERSION_FIELDS_MAX)] = {}
    found: Annotated[dict[Name, _Ids], Meta(min_length=1, max_length=VERSION_FIELDS_MAX)] = {}
    modified_on: _Stamp = ""

    @property
    def is_absence(self) -> bool:
        """Whether the destination did not have the record."""
        return self.body == ABSENT


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """What one resolution says beside its values.

    Strands are named by the id of a first version. `same` are strands that are one; `keeps` is the strand that keeps
    the uuid, and `leaves` are those that leave it. `undoes` names versions below it that are to have no effect. `rule`
    names the merge rule by which a device decided in the place of a person; `why` is a person's reason.
    """

    keeps: Annotated[VersionId, Meta(min_length=ID_BYTES, max_length=ID_BYTES)] | None = None
    leaves: _Ids = ()
    rule: Annotated[str, Meta(min_length=1, max_length=NAME_CHARS_MAX)] = ""
    same: _Ids = ()
    undoes: _Ids = ()
    why: Annotated[str, Meta(min_length=1)] = ""
