"""Are an image's bytes what its request says they are? PNG is walked chunk by chunk, the rest known by signature."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib

_PNG = b"\x89PNG\r\n\x1a\n"
_SIGNATURES = {"image/jpeg": (b"\xff\xd8\xff",), "image/gif": (b"GIF87a", b"GIF89a"), "image/webp": (b"RIFF",)}
MEDIA_TYPES = ("image/png", *_SIGNATURES)
MOST_BYTES = 5 * 1024 * 1024
_UNKNOWN_SIZE = (1000, 1000)  # of what is not PNG; only the tokens of an image depend on it


class BadImageError(ValueError):
    """The image is refused; the text is what the vendor says."""


def image_size(data: str, media_type: str) -> tuple[int, int]:
    """Width and height of a base64 image in pixels. BadImageError for bytes that are not of the media type."""
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise BadImageError("invalid base64 data") from None
    if not raw:
        raise BadImageError("image cannot be empty")
    if len(raw) > MOST_BYTES:
        raise BadImageError(f"image exceeds 5 MB maximum: {len(raw)} bytes > {MOST_BYTES} bytes")
    if media_type == "image/png":
        if not raw.startswith(_PNG):
            raise BadImageError("Image does not match the provided media type image/png")
        return _png_size(raw)
    if not raw.startswith(_SIGNATURES[media_type]):
        raise BadImageError(f"Image does not match the provided media type {media_type}")
    return _UNKNOWN_SIZE


def _png_size(raw: bytes) -> tuple[int, int]:
    """Width and height; every chunk must be whole and its checksum right, from IHDR through IDAT to IEND."""
    place, kinds, size = len(_PNG), [], (0, 0)
    while place < len(raw):
        if place + 12 > len(raw):
            raise BadImageError("Could not process image")
        length, kind = struct.unpack(">I4s", raw[place : place + 8])
        body = raw[place + 8 : place + 8 + length]
        checksum = raw[place + 8 + length : place + 12 + length]
        if len(checksum) != 4 or struct.unpack(">I", checksum)[0] != zlib.crc32(kind + body):
            raise BadImageError("Could not process image")
        if kind == b"IHDR" and length == 13:
            size = struct.unpack(">II", body[:8])
        kinds.append(kind)
        place += 12 + length
    if not kinds or kinds[0] != b"IHDR" or kinds[-1] != b"IEND" or b"IDAT" not in kinds or 0 in size:
        raise BadImageError("Could not process image")
    return int(size[0]), int(size[1])
