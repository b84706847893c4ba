"""The sans-I/O core: bytes, events and `now` in; bytes and events out.

Nothing below this package reads a clock, draws a random number or touches a disk or a socket; those are handed in
through ports, so that the simulator and the tests run the very code that ships.
"""
