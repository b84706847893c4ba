"""What the API takes at most of one request, each with its unit and its reason."""

from typing import Final

from edenmesh.core.limits import DOCUMENT_BYTES_MAX, FILE_BYTES_MAX, FORM_BYTES_MAX

BODY_BYTES_MAX: Final = 16 * 1024 * 1024
"""A request in JSON: 100,000 records named by uuid have 4 MiB, the largest version has 256 KiB."""
IMPORT_BYTES_MAX: Final = 2 * DOCUMENT_BYTES_MAX
"""A request with an S3JSON document as text in it: quotation marks and line ends take two bytes there."""
CONTENT_BYTES_MAX: Final = FILE_BYTES_MAX
"""A file that is handed in."""
FORM_FILE_BYTES_MAX: Final = 4 * FORM_BYTES_MAX
"""A form as a file, or as a server gives it: written more widely than as it is kept."""
BODIES_BYTES_MAX: Final = IMPORT_BYTES_MAX + CONTENT_BYTES_MAX // 2
"""Bodies under way at one time, all together: the largest import, and four photos of 32 MiB beside it."""
NESTING_MAX: Final = 16
"""Depth of containers in a request; a list of references within values of a record has four."""
QUERY_CHARS_MAX: Final = 8 * 1024
"""Characters of a query: thirty tables named for an export have 4,000."""
PAGE_MAX: Final = 1000
"""Records on one page."""
