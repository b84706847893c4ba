"""What is written next: a change, a decision, an undo, what a server was seen to hold."""

from edenmesh.core.records.writing.acts import compose_all
from edenmesh.core.records.writing.bodies import owed_fields
from edenmesh.core.records.writing.change import Change, Pen, compose, difference, normal_value, whole_choice
from edenmesh.core.records.writing.deciding import StrandDecision, decide_different, decide_same, offered_keeper
from edenmesh.core.records.writing.observing import Draft, Reading, observe
from edenmesh.core.records.writing.ruling import RULES, decide, rulings
from edenmesh.core.records.writing.undoing import Undo, undo, undoable

__all__ = [
    "RULES",
    "Change",
    "Draft",
    "Pen",
    "Reading",
    "StrandDecision",
    "Undo",
    "compose",
    "compose_all",
    "decide",
    "decide_different",
    "decide_same",
    "difference",
    "normal_value",
    "observe",
    "offered_keeper",
    "owed_fields",
    "rulings",
    "undo",
    "undoable",
    "whole_choice",
]
