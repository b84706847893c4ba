"""Records for people: looking at them and writing them, importing and exporting, and the views screens draw.

What a person types becomes a version here, and what is stored becomes words. Nothing is decided: a conflict is shown
with its choices.
"""

from edenmesh.node.records.decisions import Decision, Decisions
from edenmesh.node.records.delivered import DeliveryView
from edenmesh.node.records.drafts import Draft, Drafts, Entered
from edenmesh.node.records.entries import Entries, Entry, Filled
from edenmesh.node.records.exports import Exported, export
from edenmesh.node.records.files import Files
from edenmesh.node.records.history import ChangeView, EventView, HistoryView, tell_history
from edenmesh.node.records.imports import Importer, ImportResult, keep_file, media_of
from edenmesh.node.records.listing import Lister, Listing, Query
from edenmesh.node.records.merging import Merging
from edenmesh.node.records.names import Names
from edenmesh.node.records.observed import in_our_words, is_needless
from edenmesh.node.records.questions import Question, questions_of, values_here
from edenmesh.node.records.record_desk import RecordDesk
from edenmesh.node.records.residing import Resides, resided
from edenmesh.node.records.views import (
    ActView,
    ChoiceView,
    FieldView,
    Json,
    OlderView,
    QuestionView,
    RecordRow,
    RecordView,
    StrandView,
    TableRow,
    content_words,
    label_of,
    plain,
)

__all__ = [
    "ActView",
    "ChangeView",
    "ChoiceView",
    "Decision",
    "Decisions",
    "DeliveryView",
    "Draft",
    "Drafts",
    "Entered",
    "Entries",
    "Entry",
    "EventView",
    "Exported",
    "FieldView",
    "Files",
    "Filled",
    "HistoryView",
    "ImportResult",
    "Importer",
    "Json",
    "Lister",
    "Listing",
    "Merging",
    "Names",
    "OlderView",
    "Query",
    "Question",
    "QuestionView",
    "RecordDesk",
    "RecordRow",
    "RecordView",
    "Resides",
    "StrandView",
    "TableRow",
    "content_words",
    "export",
    "in_our_words",
    "is_needless",
    "keep_file",
    "label_of",
    "media_of",
    "plain",
    "questions_of",
    "resided",
    "tell_history",
    "values_here",
]
