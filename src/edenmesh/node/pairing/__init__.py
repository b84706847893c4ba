"""Becoming peers: one pairing at a time, the code on both screens, and a person's answer to it.

Drives core.pairing over a channel that node.meeting opened. No answer, or a no, leaves both devices as they were.
"""

from edenmesh.node.pairing.pairings import CodeView, PairedView, Pairings, PairingTask

__all__ = [
    "CodeView",
    "PairedView",
    "PairingTask",
    "Pairings",
]
