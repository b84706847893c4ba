"""Sahana Eden: its documents and forms, what may be sent to a server in which order, and the exchange itself.

Everything about S3JSON stands here. `client` and `gateway` speak to a server; the other rooms are pure functions.
"""

from edenmesh.eden.answer import Answer, Rejection, decode_answer
from edenmesh.eden.decoding import decode_document, decode_tree
from edenmesh.eden.encoding import deliverable, encode_document, encode_push, file_name
from edenmesh.eden.formfile import read_form_file
from edenmesh.eden.forms import FormListing, decode_form_list, decode_mform
from edenmesh.eden.normalise import is_server_row, normalise_document, normalise_row, observed_body, observed_texts
from edenmesh.eden.plan import Batch, plan_delivery, table_address
from edenmesh.eden.row import Document, Key, PendingFile, Problem, Row

__all__ = [
    "Answer",
    "Batch",
    "Document",
    "FormListing",
    "Key",
    "PendingFile",
    "Problem",
    "Rejection",
    "Row",
    "decode_answer",
    "decode_document",
    "decode_form_list",
    "decode_mform",
    "decode_tree",
    "deliverable",
    "encode_document",
    "encode_push",
    "file_name",
    "is_server_row",
    "normalise_document",
    "normalise_row",
    "observed_body",
    "observed_texts",
    "plan_delivery",
    "read_form_file",
    "table_address",
]
