"""Sahana Eden: its documents and forms, what may be sent to a server in which order, and the exchange itself.

Everything about S3JSON stands here. `client` and `gateway` speak to a server; the other rooms are pure functions.
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
from edenmesh.eden.plan import Batch, plan_delivery, table_address
from edenmesh.eden.row import Document, Key, PendingFile, Problem, Row

__all__ = [
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
    "is_server_row",
    "normalise_document",
    "normalise_row",
    "observed_body",
    "observed_texts",
    "plan_delivery",
    "read_form_file",
    "read_pin",
    "table_address",
]
