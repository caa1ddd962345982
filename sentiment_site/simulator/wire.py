"""What both vendors' answers have in common: the request as handlers see it, its parameters, answers, encoding."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

JSON = "application/json"
_COMPRESS_ABOVE = 1024
_WHOLE_NUMBER = re.compile("-?[0-9]{1,18}")


class BadParameter(Exception):
    """A parameter the vendor would refuse; the text is what its answer says."""


class NotFoundError(Exception):
    """The vendor does not know what was asked for; `body` is its way to say so."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__(str(body))
        self.body = body


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer. `compressed` is the gzip form of the body when it is kept ready."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    compressed: bytes | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A request to one vendor.

    path: the vendor's own path; base: the URL before it; now: market time; key: what the client proved itself with;
    extras: the named parts of the path; method, headers (names in lower case) and body as they came.
    """

    path: str
    query: Mapping[str, str]
    base: str
    now: dt.datetime
    key: str = ""
    extras: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def text(self, name: str, default: str = "") -> str:
        """A parameter as it came."""
        return self.query.get(name, default)

    def whole(self, name: str, default: int, most: int, least: int = 1) -> int:
        """A whole number between `least` and `most`. BadParameter for anything else."""
        given = self.query.get(name)
        if given is None or given == "":
            return default
        number = whole_number(given)
        if number is None or not least <= number <= most:
            raise BadParameter(f"'{name}' must be a number between {least} and {most}")
        return number

    def number(self, name: str) -> float | None:
        """A number, None if absent. BadParameter if it is none."""
        given = self.query.get(name)
        if given is None or given == "":
            return None
        try:
            return float(given)
        except ValueError:
            raise BadParameter(f"'{name}' must be a number") from None

    def flag(self, name: str, default: bool) -> bool:
        """true or false. BadParameter for anything else."""
        given = self.query.get(name)
        if given is None or given == "":
            return default
        if given.lower() not in ("true", "false"):
            raise BadParameter(f"'{name}' must be true or false")
        return given.lower() == "true"

    def date(self, name: str) -> dt.date | None:
        """A date YYYY-MM-DD, None if absent. BadParameter for anything else."""
        given = self.query.get(name)
        return parse_date(name, given) if given else None

    @property
    def request_id(self) -> str:
        """32 hexadecimal digits. The same request at the same data gives the same bytes, so it is a digest."""
        return digest(self.path, urlencode(sorted(self.query.items())))


def whole_number(text: str) -> int | None:
    """A whole number in ASCII digits with or without a minus, None for anything else and beyond eighteen digits."""
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else None


def parse_date(name: str, given: str) -> dt.date:
    """A date YYYY-MM-DD. BadParameter for anything else."""
    try:
        if len(given) != 10:
            raise ValueError(given)
        return dt.date.fromisoformat(given)
    except ValueError:
        raise BadParameter(f"'{name}' must be a date in the form YYYY-MM-DD") from None


def digest(*parts: str) -> str:
    """32 hexadecimal digits of the parts, in the form of the vendor's request ids."""
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def number_of(text: str) -> int:
    """A stable whole number, for the vendor's newer endpoints, whose request ids are integers."""
    return int(digest(text)[:8], 16)


def encode_cursor(fields: Mapping[str, str]) -> str:
    """The state of a paged query as the vendor's opaque cursor (base64 of a query string, unpadded)."""
    return base64.urlsafe_b64encode(urlencode(fields).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> dict[str, str]:
    """The state inside a cursor. BadParameter if it is none of ours."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        text = ""
    fields = dict(parse_qsl(text))
    if not fields:
        raise BadParameter("'cursor' is invalid")
    return fields


def encode(value: Any) -> bytes:
    """JSON without blanks. NaN is refused: it would not be JSON."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def answer(value: Any, status: int = 200) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, encode(value))


def assemble(head: Mapping[str, Any], name: str, rows: Iterable[str]) -> bytes:
    """A JSON object of `head` and, last, the array `name` out of rows that are encoded already."""
    start = encode(head)[:-1].decode()
    return f'{start}{"," if head else ""}"{name}":[{",".join(rows)}]}}'.encode()


def compress(body: bytes) -> bytes | None:
    """The gzip form at level 1, None where it does not pay. The header carries no time, so equal bodies stay equal."""
    if len(body) <= _COMPRESS_ABOVE:
        return None
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()
