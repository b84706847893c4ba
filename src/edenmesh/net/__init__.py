"""How devices meet: find each other, knock, and speak over a channel nobody else can read or join.

A stream of bytes (TCP, a pipe in memory, later Bluetooth) passes the door (`door`), becomes a channel between two
Ed25519 keys (`channel`), and only then carries anything of the mesh. TLS stands in this package only. Nothing here
knows what travels: sessions and this package are introduced by `node`.

Imports: core, errors.
"""
