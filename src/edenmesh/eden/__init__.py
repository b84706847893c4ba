"""Sahana Eden: its documents and forms, what may be sent to a server in which order, and the exchange itself.

Everything about S3JSON stands here. `client` speaks to a server; the other rooms are pure functions.
"""

from edenmesh.eden.address import ServerAddress
from edenmesh.eden.answer import Answer, Rejection, decode_answer
from edenmesh.eden.client import PAGE_ROWS, READ_UUIDS, TIMEOUT_SECONDS, EdenClient, Refused, can_be_asked
from edenmesh.eden.decoding import decode_document, decode_tree
from edenmesh.eden.encoding import deliverable, encode_document, encode_push, file_name
from edenmesh.eden.formfile import read_form_file
from edenmesh.eden.forms import FormListing, decode_form_list, decode_mform
from edenmesh.eden.normalise import is_server_row, normalise_document, normalise_row, observed_body, observed_texts
from edenmesh.eden.pinning import format_pin, read_pin
from edenmesh.eden.plan import Batch, master_of, plan_delivery, table_address
from edenmesh.eden.row import Document, Key, PendingFile, Problem, Row
from edenmesh.eden.stored import NEEDED_TOGETHER, is_same_when_stored

__all__ = [
    "NEEDED_TOGETHER",
    "PAGE_ROWS",
    "READ_UUIDS",
    "TIMEOUT_SECONDS",
    "Answer",
    "Batch",
    "Document",
    "EdenClient",
    "FormListing",
    "Key",
    "PendingFile",
    "Problem",
    "Refused",
    "Rejection",
    "Row",
    "ServerAddress",
    "can_be_asked",
    "decode_answer",
    "decode_document",
    "decode_form_list",
    "decode_mform",
    "decode_tree",
    "deliverable",
    "encode_document",
    "encode_push",
    "file_name",
    "format_pin",
    "is_same_when_stored",
    "is_server_row",
    "master_of",
    "normalise_document",
    "normalise_row",
    "observed_body",
    "observed_texts",
    "plan_delivery",
    "read_form_file",
    "read_pin",
    "table_address",
]
