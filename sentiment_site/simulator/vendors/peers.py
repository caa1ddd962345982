"""Which companies vendors call related: the same line of business, the nearest in size.

Their lists are not kept up to date: a delisted company may be among them.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from sentiment_site.simulator.market import noise
from sentiment_site.simulator.tape.cut import Tape

_COUNT, _LOOKED_AT = 10, 400
_STREAM, _STALE_SHARE = 61, 0.3
_OTHER_INDUSTRY, _OTHER_SECTOR = 3.0, 12.0  # how much further away another line of business is, in ln of the cap


def nearest_companies(tape: Tape, row: int, now: dt.datetime) -> list[int]:
    """Rows of the nearest companies, the nearest first; in three lists of ten the fourth is one that is gone."""
    listing, securities = tape.listing, tape.listing.securities
    active = tape.is_active(now)
    known = tape.is_known(now)
    common = np.array([security.kind in ("CS", "ADRC") for security in securities]) & (listing.parent < 0)
    industry = securities[row].industry
    other = np.array([security.industry is None or security.industry != industry for security in securities])
    away = np.abs(np.log(listing.cap) - np.log(listing.cap[row]))
    away += _OTHER_INDUSTRY * other + _OTHER_SECTOR * (listing.sector != listing.sector[row])
    away[row] = np.inf
    order = np.argsort(np.where(common, away, np.inf), kind="stable")
    found = [int(peer) for peer in order[:_LOOKED_AT] if active[peer] and common[peer] and peer != row][:_COUNT]
    gone = [int(peer) for peer in order if known[peer] and not active[peer] and common[peer]]
    address = noise.addresses(tape.market.parameters.seed, np.array([0]), np.array([row]))
    if gone and noise.uniform(address, _STREAM, 1)[0, 0] < _STALE_SHARE:
        found[3:] = [gone[0], *found[3:-1]]
    return found
