"""Run a stand-in by hand: `python -m edenmesh.standin --port 8000`, stopped by Ctrl-C or SIGTERM."""

import signal
import sys
from argparse import ArgumentParser

from edenmesh.standin.accounts import USERS
from edenmesh.standin.server import StandinServer


def main() -> int:
    """Serve until a signal comes; returns the exit code, 1 when the port is taken."""
    parser = ArgumentParser("python -m edenmesh.standin", description="A stand-in for a Sahana Eden server.")
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1 (default: any free one)")
    port: int = parser.parse_args().port
    stops = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    server = StandinServer(port=port)
    try:
        server.start()
    except OSError as error:
        sys.stderr.write(f"The stand-in could not listen on port {port}: {error.strerror}. Choose another --port.\n")
        return 1
    sys.stdout.write(f"{server.url}\n")
    for user in USERS:
        sys.stdout.write(f"{user.email} {user.password}\n")
    sys.stdout.flush()
    signal.sigwait(stops)
    server.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
