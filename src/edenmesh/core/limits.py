"""Every bound on what a stranger may send, with its unit and its reason; the only place with such numbers."""

from typing import Final

# --- versions -----------------------------------------------------------------------------------------------------
VERSION_BYTES_MAX: Final = 256 * 1024
"""Encoded size of one version. Eden's longest form texts stay below 64 KiB; files travel apart."""
VERSION_PARENTS_MAX: Final = 1024
"""Heads one version may name: a person resolving a record sees at most this many."""
VERSION_FIELDS_MAX: Final = 1024
"""Fields one version may set, unset, add to or remove from, each. Eden's widest table has about 120."""
VERSION_ITEMS_MAX: Final = 1024
"""Items of one list field in one version."""
NAME_CHARS_MAX: Final = 128
"""Characters of a table or field name; SQL back ends under Eden stop at 63."""
UUID_CHARS_MAX: Final = 255
"""Characters of a record's uuid; Eden's column holds 128, prefixes by a server's domain included."""
LABEL_CHARS_MAX: Final = 255
"""Characters of a file's label or media type."""
NESTING_MAX: Final = 8
"""Depth of containers inside one encoded object."""

# --- charter ------------------------------------------------------------------------------------------------------
CHARTER_ENTRY_BYTES_MAX: Final = 64 * 1024
"""Encoded size of one charter entry with its signatures."""
CHARTER_ENTRIES_MAX: Final = 100_000
"""Entries one charter may hold: about ten changes for each of 10,000 devices."""
CHARTER_PARENTS_MAX: Final = 1024
"""Charter heads an entry may name."""
CHARTER_SIGNERS_MAX: Final = 64
"""Keys that sign one entry: the admitting device, the admitted one and all its authors."""
DEVICE_NAME_CHARS_MAX: Final = 64
"""Characters of a device's name as people read it."""

# --- seals and log parts --------------------------------------------------------------------------------------------
PART_VERSIONS_MAX: Final = 1024
"""Versions between two seals of one log (design, section 2.3): what a cut session can cost at most."""
PART_BYTES_MAX: Final = 8 * 1024 * 1024
"""Bytes of versions between two seals; what a receiver buffers before it can check a seal."""
PART_BYTES_SEALED: Final = 1024 * 1024
"""Bytes of unsealed versions after which an author seals early, so that no part nears the receiver's bound."""
