"""Which keys the simulated vendors accept: any, but for a few beginnings that stand for accounts in trouble."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sentiment_site.simulator.vendors.vendor import Reason, Vendor
from sentiment_site.simulator.wire import Request


@dataclass(frozen=True, slots=True)
class KeyRule:
    """Keys that begin with `prefix` are refused for `reason` on the paths given by vendor; None: on all of all."""

    prefix: str
    reason: Reason
    paths: Mapping[str, re.Pattern[str]] | None = None


KEY_RULES = (
    KeyRule("bad", Reason.UNKNOWN_KEY),
    # Massive's free plans have reference data and daily bars, but no snapshots and no options
    KeyRule("basic", Reason.NOT_ENTITLED, {"polygon": re.compile("/v[23]/snapshot.*|/v3/reference/options/.*")}),
)


def refusal_of(vendor: Vendor, request: Request) -> Reason | None:
    """Why a request is refused before anything else, None if it is not."""
    if not request.key:
        return None if vendor.open.fullmatch(request.path) else Reason.MISSING_KEY
    for rule in KEY_RULES:
        if not request.key.startswith(rule.prefix):
            continue
        paths = None if rule.paths is None else rule.paths.get(vendor.name)
        if rule.paths is None or (paths is not None and paths.fullmatch(request.path)):
            return rule.reason
    return None
