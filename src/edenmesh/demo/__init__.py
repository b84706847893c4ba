"""The main job on an embedded default: two devices in two processes and a stand-in server, on loopback only."""
