"""A peer that shares no line with edenmesh: written from docs/protocol alone, to see that the pages suffice."""
