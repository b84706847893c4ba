"""What is true: versions, their history, and the state of a record as a pure function of them.

Invariant: equal sets of versions give equal states, in whatever order they came. Imports only the floor below.
"""

from edenmesh.core.records.history import History, Node
from edenmesh.core.records.merge import record_state
from edenmesh.core.records.observation import (
    ABSENT,
    Observation,
    body_hash,
    is_delivered,
    last_observations,
    state_body,
)
from edenmesh.core.records.state import OPEN, Choice, FieldState, Flag, RecordState, StrandState
from edenmesh.core.records.values import (
    Content,
    Date,
    DateTime,
    Decimal,
    File,
    Reference,
    Value,
    canonical_text,
    content_text,
)
from edenmesh.core.records.version import (
    ALIAS,
    FORMAT,
    MASTER,
    OBSERVE,
    PUT,
    RESOLVE,
    RETRACT,
    Carried,
    Removal,
    Version,
    carry,
    owned_uuid,
    owns_uuid,
    version_id,
    write,
)

__all__ = [
    "ABSENT",
    "ALIAS",
    "FORMAT",
    "MASTER",
    "OBSERVE",
    "OPEN",
    "PUT",
    "RESOLVE",
    "RETRACT",
    "Carried",
    "Choice",
    "Content",
    "Date",
    "DateTime",
    "Decimal",
    "FieldState",
    "File",
    "Flag",
    "History",
    "Node",
    "Observation",
    "RecordState",
    "Reference",
    "Removal",
    "StrandState",
    "Value",
    "Version",
    "body_hash",
    "canonical_text",
    "carry",
    "content_text",
    "is_delivered",
    "last_observations",
    "owned_uuid",
    "owns_uuid",
    "record_state",
    "state_body",
    "version_id",
    "write",
]
