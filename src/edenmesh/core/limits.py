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
INTEGER_MIN: Final = -(2**63)
INTEGER_MAX: Final = 2**63 - 1
"""Integers in what is encoded: those that every language and database holds in 64 bits with a sign."""
COUNT_MAX: Final = 2**53
"""Seq numbers and wall times in milliseconds: the integers that JSON readers keep exact."""
FORMAT_MAX: Final = 2**31 - 1
"""Formats an object may say it has."""
SALT_BYTES: Final = 16
"""Salt of a version: as many random bits as keep an id from confirming a guess."""

# --- charter ------------------------------------------------------------------------------------------------------
CHARTER_ENTRY_BYTES_MAX: Final = 64 * 1024
"""Encoded size of one charter entry with its signatures."""
CHARTER_ENTRIES_MAX: Final = 100_000
"""Entries one charter may hold: about ten changes for each of 10,000 devices. Room goes by rank, stewards first."""
CHARTER_ENTRIES_JUDGED_MAX: Final = 2 * CHARTER_ENTRIES_MAX
"""Entries looked at to find those that one charter may hold: what is here, and as many that come at once."""
CHARTER_PARENTS_MAX: Final = 1024
"""Charter heads an entry may name."""
CHARTER_SIGNERS_MAX: Final = 64
"""Keys that sign one entry: the admitting device, the admitted one and all its authors."""
CHARTER_ROLES_MAX: Final = 16
"""Roles one entry may give or take; there are three, the rest is room for newer ones."""
CHARTER_STUBS_MAX: Final = 1024
"""Stubs of one erasure: 36 KiB of an entry's 64."""
ASK_WHY_CHARS_MAX: Final = 500
"""Characters of the reason with which a member asks for an erasure."""
ADDRESS_CHARS_MAX: Final = 512
"""Characters of a server's base URL."""
DEVICE_NAME_CHARS_MAX: Final = 64
"""Characters of a device's name as people read it."""
LOG_VERSIONS_MAX: Final = 2**53
"""Versions one author's log may have, as a seal or a cut states it: the integers every language can count to."""
LOG_BRANCHES_MAX: Final = 16
"""Forks kept of one author's log. A cloned store makes one or two; each takes a place in every version vector."""
SEAL_BYTES_MAX: Final = 512
"""Encoded size of one seal: two keys' worth of hashes, a signature, a number, their names, room for newer fields."""
FRONTIER_BYTES_MAX: Final = 4096
"""Encoded size of a kept frontier: at most 53 peaks of 32 bytes."""

# --- seals and log parts --------------------------------------------------------------------------------------------
PART_VERSIONS_MAX: Final = 1024
"""Versions between two seals of one log (design, section 2.3): what a cut session can cost at most."""
PART_BYTES_MAX: Final = 8 * 1024 * 1024
"""Bytes of versions between two seals; what a receiver buffers before it can check a seal."""
PART_BYTES_TAKEN: Final = 4 * 1024 * 1024
"""Bytes of versions a part may have to be taken; honest ones, where a log forks, have up to 2.5 MiB."""
PART_BYTES_SEALED: Final = 1024 * 1024
"""Bytes of unsealed versions after which an author seals early, so that no part nears the receiver's bound."""

# --- guest pen ------------------------------------------------------------------------------------------------------
PEN_GUEST_BYTES_MAX: Final = 100 * 1024 * 1024
"""What one device may have in the pen: versions that nobody has accepted, and forms (design, section 2.3)."""
PEN_BYTES_MAX: Final = 1024 * 1024 * 1024
"""The whole pen: ten guests, each to its bound."""
PEN_PART_BYTES: Final = 1024
"""What a part or a form counts beside its bytes: its seal, its tree, its row."""
WISHES_MAX: Final = 8
"""Wishes of a guest that wait to be given at one time; an honest one has two."""
OFFER_FORMS_MAX: Final = 1000
"""Forms a device offers to a guest; a stock Eden has about 400 tables, and a form may change."""

# --- channel ------------------------------------------------------------------------------------------------------
CHANNEL_BYTES_BEFORE_OPEN_MAX: Final = 4096
"""Bytes taken from somebody who has not proven a key yet. An honest handshake needs about 2,400 of them."""
CHANNEL_OPEN_SECONDS_MAX: Final = 10.0
"""From the first byte to an open channel: the door, TLS and `ready`."""
CHANNEL_CLOSE_SECONDS_MAX: Final = 1.0
"""How long the closing side waits for the other's farewell, so that what it sent last is not lost to a reset."""
CHANNELS_HALF_OPEN_MAX: Final = 16
"""Strangers at the door at one time; the next one displaces the oldest of the address that holds most places."""

# --- nearby ---------------------------------------------------------------------------------------------------------
NEARBY_MAX: Final = 256
"""Announced devices remembered at one time; anybody on the network can announce as many as they like."""
NEARBY_ADDRESSES_MAX: Final = 8
"""Addresses taken from one announcement, the first ones."""
NEARBY_RESOLVE_SECONDS_MAX: Final = 3.0
"""How long an announced name is asked for its address."""

# --- forms and documents ------------------------------------------------------------------------------------------
FORM_BYTES_MAX: Final = 512 * 1024
"""Encoded size of one form, which has to fit a frame; the largest of a stock Eden has 9 KiB."""
FORM_FIELDS_MAX: Final = 1024
"""Fields of one table in a form."""
FORM_TABLES_MAX: Final = 256
"""Tables one form describes: its own, its components', those it refers to."""
FORM_UNIT_FIELDS_MAX: Final = 16
"""Fields of one unit, which conflict as one; a position or an amount has two or three."""
UNIT_ROWS_MAX: Final = 64
"""Rows one version may give a unit, where it changed a part of it and took over the rest from rows in conflict."""
BODY_CANDIDATES_MAX: Final = 256
"""Bodies tried at most to find the one that an observation saw, where several values stood below it."""
PASTS_BYTES_MAX: Final = 8 * 1024 * 1024
"""Bytes of versions gone through at one read of a record to tell which of its heads the body bears out, and as many to
tell what was seen before: about a third of a second. One hundred heads of a record of 300 versions fit."""
OBSERVED_IDS_MAX: Final = 1024
"""Versions one observation names as found, and as many as ended: shared out evenly among the fields concerned."""
DOCUMENT_BYTES_MAX: Final = 256 * 1024 * 1024
"""Size of one S3JSON document; 100,000 records have about 35 MB. Documents are read whole."""
DOCUMENT_ROWS_MAX: Final = 1_000_000
"""Rows of one S3JSON document, components included."""
DOCUMENT_NESTING_MAX: Final = 8
"""Depth of components within components in a document; Eden itself nests one level."""
DOCUMENT_PROBLEMS_MAX: Final = 1000
"""Problems listed of one document; further ones are counted only."""
JSON_NESTING_MAX: Final = 64
"""Depth of containers in a JSON document."""

# --- destinations ---------------------------------------------------------------------------------------------------
DESTINATION_ANSWER_BYTES_MAX: Final = 64 * 1024 * 1024
"""One answer of a server; a page of 200 records has about 200 KiB."""

# --- pairing ----------------------------------------------------------------------------------------------------------
PAIRING_STRANGER_BYTES_MAX: Final = 4 * 1024
"""One message of a device whose person has not confirmed yet; the largest honest one has about 300 bytes."""
PAIRING_MESSAGE_BYTES_MAX: Final = 128 * 1024
"""One message after both persons confirmed: room for the largest charter entry with its envelope."""
PAIRING_PART_BYTES: Final = 48 * 1024
"""Charter entries gathered into one message before it is sent; a single entry may exceed it."""
PAIRING_CHARTER_BYTES_MAX: Final = 128 * 1024 * 1024
"""A whole charter as a joining device takes it: 100,000 entries of 1.3 KiB."""
PAIRING_VERSIONS_MAX: Final = 16
"""Protocol versions one introduction may offer."""
PAIRING_AUTHORS_MAX: Final = 32
"""Author keys a joining device may bring: one for each life its store had."""
PAIRING_SECRETS_MAX: Final = 256
"""Mesh secrets handed to a joining device: the first, and one for each revocation that renewed it."""
PAIRING_COUNT_MAX: Final = 10**15
"""Members or records a device may say its mesh has."""
PAIRING_STEP_SECONDS: Final = 30.0
"""How long the other device may take for a step that needs no person."""
PAIRING_BYTES_PER_SECOND_MIN: Final = 8 * 1024
"""The slowest link on which a joining device is given the time to take a whole charter."""
PAIRING_CODE_SECONDS: Final = 120.0
"""How long a code is shown and may be confirmed."""
PAIRING_TRIES_MAX: Final = 3
"""Failed tries, each a guess at six digits, before the pause."""
PAIRING_PAUSE_SECONDS: Final = 60.0
"""The pause after too many failed tries."""
PAIRING_QR_ADDRESSES_MAX: Final = 8
"""Addresses in one QR code; each makes the symbol larger and harder to scan."""
PAIRING_QR_CHARS_MAX: Final = 1024
"""Characters of the text in a QR code: the head, and eight addresses of a usual length."""
SCAN_PIXELS_MAX: Final = 1_000_000
"""Pixels of one frame of a camera in which a QR code is looked for, a byte each.

A code as wide as the frame needs 200 of them in each direction."""

# --- frames and sessions ----------------------------------------------------------------------------------------------
FRAME_BYTES_MAX: Final = 1024 * 1024
"""One frame. The largest version fits four times; a frame is buffered whole before it is looked at."""
FRAME_BYTES_FIRST_MAX: Final = 4096
"""A frame before the peer has said hello: enough for that, not for anything else."""
FRAME_BYTES_SENT: Final = 256 * 1024
"""Versions put into one frame by a sender; keeps progress and cancelling smooth."""
CHUNK_BYTES: Final = 256 * 1024
"""A piece of a file, and so what a cut costs at most."""
FILE_BYTES_MAX: Final = 256 * 1024 * 1024
"""One file. A phone's photo has 4 MiB, a minute of its video 100 MiB."""
FORMS_MAX: Final = 10_000
"""Forms one peer may name."""
VECTOR_LOGS_MAX: Final = 100_000
"""Logs in one version vector: as many as a charter may have entries."""
VECTOR_LOGS_FRAME: Final = 8192
"""Logs of a version vector in one frame, 600 KiB."""
LISTED_IDS_MAX: Final = 4_000_000
"""Ids in the list of one forked log, 128 MiB; a log that is longer is given whole."""
LISTED_IDS_FRAME: Final = 8192
"""Ids in one frame of a list: of a log, or of the charter."""
HOLE_STRETCHES_MAX: Final = 4096
"""Stretches of a log in one message that asks for holes or answers; 44 KiB at most."""
HOLES_OWED_MAX: Final = 10_000
"""Stretches of holes a giver remembers to have told, to say so when their contents have come."""
FILES_ASKED_AT_ONCE: Final = 4
"""Files a taker asks for before the first has come: keeps a slow link busy, and the giver's queue short."""
TALLY_TABLES_MAX: Final = 1024
"""Tables one tally counts; a stock Eden has about 400."""
CODE_CHARS_MAX: Final = 32
"""Characters of the word for the program in a closing message, and of an intent."""
CLOSE_TEXT_CHARS_MAX: Final = 200
"""Characters of the sentence a peer may close with."""
SILENCE_SECONDS_PING: Final = 15.0
"""Silence after which a session asks whether the peer is there."""
SILENCE_SECONDS_MAX: Final = 45.0
"""Silence after which a session counts as cut."""
UNACKED_PARTS_MAX: Final = 64
"""Log parts a giver sends ahead of what the taker has made durable: bounds what the taker's queue can hold."""
UNACKED_BYTES_MAX: Final = 32 * 1024 * 1024
"""Bytes of these parts after which the giver begins no further one: parts of large versions are fewer."""
UNTAKEN_BYTES_MAX: Final = 8 * 1024 * 1024
"""Bytes of one file a giver sends ahead of what the taker has made durable."""
FILES_OWED_MAX: Final = 10_000
"""Files asked for in vain that a giver remembers, to say so when they have come."""
OUTBOX_BYTES_MAX: Final = 16 * 1024 * 1024
"""Bytes waiting to be sent after which a session ends: the peer asks, and does not take the answers."""
UNREAD_BYTES_MAX: Final = 64 * 1024 * 1024
"""Bytes that may arrive while charter entries before them become durable; all that may be under way has 48 MiB."""
CHARTER_SECONDS_MAX: Final = 300.0
"""How long a charter that is being exchanged may stand still: longer than a slow disk or link does."""
STRANGER_SECONDS_MAX: Final = 60.0
"""How long a device that is no member may take to hand in what makes it one, and any device to say hello."""
STRANGER_CHARTER_BYTES_MAX: Final = 16 * 1024 * 1024
"""Charter entries a device that is no member may hand in; about 30,000 of them."""
