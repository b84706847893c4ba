"""Sahana Eden: its documents and forms, what may be sent to a server in which order, and the exchange itself.

Everything about S3JSON stands here. `client` and `gateway` speak to a server; the other rooms are pure functions.
"""

from edenmesh.eden.decoding import decode_document, decode_tree
from edenmesh.eden.encoding import deliverable, encode_document, encode_push, file_name
from edenmesh.eden.row import Document, Key, PendingFile, Problem, Row

__all__ = [
    "Document",
    "Key",
    "PendingFile",
    "Problem",
    "Row",
    "decode_document",
    "decode_tree",
    "deliverable",
    "encode_document",
    "encode_push",
    "file_name",
]
