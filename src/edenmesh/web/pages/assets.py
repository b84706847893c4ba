"""The style, the scripts and the pictures of all screens, under an address that changes with them.

The address holds a hash over all of them, so a browser may keep them for good (RFC 8246) and modules may name each
other by plain relative names. They are compressed once, when the program starts.
"""

import gzip
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_STATIC: Final = Path(__file__).parent / "static"
_MEDIA: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_COMPRESSED_LEVEL: Final = 9


class _Asset(NamedTuple):
    plain: bytes
    compressed: bytes
    media: str


class Assets:
    """All static files, in memory."""

    def __init__(self, folder: Path = _STATIC) -> None:
        paths = sorted(path for path in folder.iterdir() if path.suffix in _MEDIA)
        self._found = {path.name: _read(path) for path in paths}
        digest = sha256()
        for name, asset in self._found.items():
            digest.update(name.encode() + b"\0" + asset.plain + b"\0")
        self._hash = digest.hexdigest()[:12]
        self.route: Final = Route("/static/{hash}/{name}", self._serve)

    def address(self, name: str) -> str:
        """Where a browser finds a file. Raises KeyError where there is none: a template is wrong then."""
        if name not in self._found:
            raise KeyError(name)
        return f"/static/{self._hash}/{name}"

    async def _serve(self, request: Request) -> Response:
        asset = self._found.get(request.path_params["name"])
        if asset is None:
            raise HTTPException(404)
        is_current = request.path_params["hash"] == self._hash
        headers = {
            "Cache-Control": _FOR_GOOD if is_current else "no-cache",
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(asset.plain, media_type=asset.media, headers=headers)
        return Response(asset.compressed, media_type=asset.media, headers={**headers, "Content-Encoding": "gzip"})


def _read(path: Path) -> _Asset:
    plain = path.read_bytes()
    return _Asset(plain, gzip.compress(plain, _COMPRESSED_LEVEL, mtime=0), _MEDIA[path.suffix])
