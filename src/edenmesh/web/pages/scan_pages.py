"""Scanning the other device's QR code: the camera's frames, or a photo, come as grey pixels and are read at the device.

The browser does no more than draw a frame small and count its light, so that nothing third-party runs in it, and the
device needs no library for pictures: a stranger's picture file is never parsed here. A frame is bounded, one is read at
a time, and reading it keeps no session waiting.
"""

import asyncio
from typing import Final

import zxingcpp
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edenmesh.core.limits import PAIRING_QR_CHARS_MAX, SCAN_PIXELS_MAX
from edenmesh.errors import EdenmeshError, InvalidInput
from edenmesh.node import Device
from edenmesh.web.pages.page import Visit, page, status_of
from edenmesh.web.pages.rendering import Renderer
from edenmesh.web.visiting import Right, check_form_token, require

TOKEN_HEADER: Final = "X-Form-Token"
_SIDE_MIN: Final = 21  # modules of the smallest symbol (ISO/IEC 18004, section 7.1)
_BUSY_STATUS: Final = 429
_FORMATS: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


class ScanPages:
    """Reading a QR code by camera or by a photo."""

    def __init__(self, _device: Device, renderer: Renderer) -> None:
        self._is_reading = False
        self.routes = [
            page(renderer, "/nearby/scan", self.show, right=Right.RUN),
            Route("/nearby/scan/frame", self.frame, methods=["POST"]),
        ]

    async def show(self, visit: Visit) -> Response:
        """The screen with the camera's picture; what was read is sent to /nearby/pair."""
        return visit.render("scan.html", pixels_max=SCAN_PIXELS_MAX)

    async def frame(self, request: Request) -> Response:
        """One frame: `width` and `height` in the address, a byte a pixel in the body. Answers what was read."""
        try:
            visitor = require(request, Right.RUN)
            check_form_token(visitor, request.headers.get(TOKEN_HEADER, ""))
            width, height = _side(request, "width"), _side(request, "height")
            if width * height > SCAN_PIXELS_MAX:
                raise InvalidInput(what=f"A frame of {width} by {height} pixels is too large.", do="Send it smaller.")
            if self._is_reading:
                return JSONResponse({"text": ""}, _BUSY_STATUS)
            pixels = await _body(request, width * height)
            self._is_reading = True
            try:
                text = await asyncio.to_thread(read_qr, pixels, width, height)
            finally:
                self._is_reading = False
        except EdenmeshError as error:
            return JSONResponse({"what": error.what, "kept": error.kept, "do": error.do}, status_of(error))
        return JSONResponse({"text": text, "is_ours": is_pairing_text(text)})


def read_qr(pixels: bytes, width: int, height: int) -> str:
    """The text of the QR code in a grey picture, row by row; empty where none can be read."""
    picture = memoryview(pixels).cast("B", shape=[height, width])
    found = zxingcpp.read_barcodes(picture, formats=_FORMATS, text_mode=zxingcpp.TextMode.Plain)
    texts = [one.text for one in found if len(one.text) <= PAIRING_QR_CHARS_MAX]
    # A screen with two codes, as for a hotspot, may be seen whole: the one that is ours is meant.
    return next((one for one in texts if is_pairing_text(one)), texts[0] if texts else "")


def is_pairing_text(text: str) -> bool:
    """Whether a text looks like a pairing code of ours; what it means is read where the pairing begins."""
    return text[:2].upper() == "EM" and ":" in text


def _side(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(SCAN_PIXELS_MAX)) and int(text) >= _SIDE_MIN):
        raise InvalidInput(what=f"{text[:20]!r} is no {name} of a frame.", do="Send it in whole pixels.")
    return int(text)


async def _body(request: Request, size_bytes: int) -> bytes:
    """The body, which must have this size; nothing beyond it is read."""
    pixels = bytearray()
    async for piece in request.stream():
        pixels += piece
        if len(pixels) > size_bytes:
            break
    if len(pixels) != size_bytes:
        raise InvalidInput(what=f"The frame does not have {size_bytes} bytes.", do="Send a byte for each pixel.")
    return bytes(pixels)
