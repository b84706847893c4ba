"""What is true: versions, their history, and the state of a record as a pure function of them.

Invariant: equal sets of versions give equal states, in whatever order they came. Imports only the floor below.
"""

from edenmesh.core.records.about import ABSENT, Observation, Resolution
from edenmesh.core.records.bodies import owed_fields
from edenmesh.core.records.catalogue import Catalogue, Membership
from edenmesh.core.records.change import Change, Pen, compose, difference, normal_value, whole_choice
from edenmesh.core.records.deciding import StrandDecision, decide_different, decide_same, offered_keeper
from edenmesh.core.records.declarations import Declarations, Declared, declared_by
from edenmesh.core.records.families import family_uuids, residence, versions_at
from edenmesh.core.records.form import FORM_FORMAT, KINDS, Component, Field, Form, Option, Rule, Table, form_hash
from edenmesh.core.records.history import History
from edenmesh.core.records.merge import record_state, record_states
from edenmesh.core.records.node import Node
from edenmesh.core.records.observation import (
    body_hash,
    is_delivered,
    is_receipt,
    last_observations,
    open_questions,
    state_body,
)
from edenmesh.core.records.observing import Draft, Reading, observe
from edenmesh.core.records.ruling import RULES, decide, rulings
from edenmesh.core.records.state import OPEN, Choice, FieldState, Flag, RecordState, StrandState
from edenmesh.core.records.typed import Raw, content_of, in_order, moment_of, text_of
from edenmesh.core.records.undoing import Undo, undo
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
    left_uuid,
    owned_uuid,
    owns_uuid,
    version_id,
    write,
)

__all__ = [
    "ABSENT",
    "ALIAS",
    "FORMAT",
    "FORM_FORMAT",
    "KINDS",
    "MASTER",
    "OBSERVE",
    "OPEN",
    "PUT",
    "RESOLVE",
    "RETRACT",
    "RULES",
    "Carried",
    "Catalogue",
    "Change",
    "Choice",
    "Component",
    "Content",
    "Date",
    "DateTime",
    "Decimal",
    "Declarations",
    "Declared",
    "Draft",
    "Field",
    "FieldState",
    "File",
    "Flag",
    "Form",
    "History",
    "Membership",
    "Node",
    "Observation",
    "Option",
    "Pen",
    "Raw",
    "Reading",
    "RecordState",
    "Reference",
    "Removal",
    "Resolution",
    "Rule",
    "StrandDecision",
    "StrandState",
    "Table",
    "Undo",
    "Value",
    "Version",
    "body_hash",
    "canonical_text",
    "carry",
    "compose",
    "content_of",
    "content_text",
    "decide",
    "decide_different",
    "decide_same",
    "declared_by",
    "difference",
    "family_uuids",
    "form_hash",
    "in_order",
    "is_delivered",
    "is_receipt",
    "last_observations",
    "left_uuid",
    "moment_of",
    "normal_value",
    "observe",
    "offered_keeper",
    "open_questions",
    "owed_fields",
    "owned_uuid",
    "owns_uuid",
    "record_state",
    "record_states",
    "residence",
    "rulings",
    "state_body",
    "text_of",
    "undo",
    "version_id",
    "versions_at",
    "whole_choice",
    "write",
]
