"""A vendor whose clock is ahead: every moment in its answer, and the Date header, lie in the future."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from sentiment_site.simulator.wire import Answer, Request, encode

# numbers under these names are moments since 1970, in the unit their size tells
_MOMENTS = frozenset(
    ("t", "updated", "timestamp", "last_updated", "updated_at", "created", "created_utc", "sip_timestamp",
     "participant_timestamp", "fmv_last_updated", "start_time", "end_time")
)  # fmt: skip
_UNITS = ((10**17, 10**9), (10**14, 10**6), (10**11, 10**3), (10**8, 1))  # from this size on, units a second
_ISO = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?")
_TAG = re.compile(rb"(<(?:updated|published|pubDate|lastBuildDate|dc:date)>)([^<]+)(?=</)")
_ROW_OF_NUMBERS = 8


def skew(whole: Answer, request: Request, delay_s: float) -> Answer:
    """The answer as a vendor gives it whose clock is delay_s ahead."""
    date = format_datetime((request.now + dt.timedelta(seconds=delay_s)).astimezone(dt.UTC), usegmt=True)
    body = whole.body
    if "json" in whole.content_type and body:
        body = encode(_moved(json.loads(body), "", delay_s))
    elif "xml" in whole.content_type:
        body = _TAG.sub(lambda match: match.group(1) + _text(match.group(2).decode(), delay_s).encode(), body)
    headers = tuple(header for header in whole.headers if header[0].lower() != "date")
    return replace(whole, body=body, compressed=None, headers=(*headers, ("Date", date)))


def _moved(value: Any, name: str, delay_s: float) -> Any:
    if isinstance(value, dict):
        return {key: _moved(part, key, delay_s) for key, part in value.items()}
    if isinstance(value, list):
        if value and len(value) <= _ROW_OF_NUMBERS and _is_milliseconds(value[0]):
            return [value[0] + round(delay_s * 1000), *value[1:]]  # [ms, value], as charts have it
        return [_moved(part, name, delay_s) for part in value]
    if isinstance(value, str) and _ISO.fullmatch(value):
        return _text(value, delay_s)
    if name in _MOMENTS and isinstance(value, int | float | str):
        digits = isinstance(value, str) and value.isdigit()  # alternative.me writes seconds as text
        return str(_number(int(value), delay_s)) if digits else _number(value, delay_s)
    return value


def _number(value: Any, delay_s: float) -> Any:
    for least, a_second in _UNITS:
        if isinstance(value, int | float) and value >= least:
            return value + round(delay_s * a_second)
    return value


def _is_milliseconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 10**12 <= value < 10**13


def _text(value: str, delay_s: float) -> str:
    """A moment as text, to the second, in the form it had: ISO 8601, or that of mail (RSS)."""
    ahead = dt.timedelta(seconds=round(delay_s))
    match = _ISO.fullmatch(value.strip())
    if match:
        moment, fraction, zone = match.groups()
        moved = dt.datetime.fromisoformat(moment) + ahead
        return f"{moved.isoformat(sep=moment[10])}{fraction or ''}{zone or ''}"
    try:
        return format_datetime(parsedate_to_datetime(value.strip()) + ahead, usegmt=value.strip().endswith("GMT"))
    except ValueError:
        return value
