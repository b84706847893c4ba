"""The state of a record as a pure function of its versions: strands, fields, units, questions."""

from edenmesh.core.records.states.declarations import NOTHING, Declarations, Declared, declared_by
from edenmesh.core.records.states.families import family_uuids, residence, residences_of, versions_at
from edenmesh.core.records.states.merge import record_state, record_states
from edenmesh.core.records.states.observation import (
    body_hash,
    delivered_at,
    deliveries_of,
    is_delivered,
    is_receipt,
    last_observations,
    open_questions,
    questions_of,
    shown_state,
    state_body,
    texts_hash,
)
from edenmesh.core.records.states.state import OPEN, Choice, FieldState, Flag, RecordState, StrandState

__all__ = [
    "NOTHING",
    "OPEN",
    "Choice",
    "Declarations",
    "Declared",
    "FieldState",
    "Flag",
    "RecordState",
    "StrandState",
    "body_hash",
    "declared_by",
    "delivered_at",
    "deliveries_of",
    "family_uuids",
    "is_delivered",
    "is_receipt",
    "last_observations",
    "open_questions",
    "questions_of",
    "record_state",
    "record_states",
    "residence",
    "residences_of",
    "shown_state",
    "state_body",
    "texts_hash",
    "versions_at",
]
