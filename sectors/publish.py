"""From a saved run to every open page: fragment, pointer, announcement; and the way back from the cache.

The cache is never the truth. The pointer `sectors:grid:current` holds the newest run's facts and only ever moves
forward, so a slow reader that refills it cannot put an older light back; it lives for minutes, so that a pointer which
missed a publication (Valkey was away) heals by itself. With Valkey down every read comes from the database.

`sectors:announced` holds the number of the newest run that was announced: a pointer that expired in a quiet night is no
publication that was missed, and is not announced again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

import redis
import structlog
from django.db import transaction
from django.template.loader import render_to_string

from sectors import cache, selectors, theme_terms
from sectors.cards import Grid, GridHead
from sectors.changes import describe_changes
from sectors.models import SectorRun
from sentiment_site.live.events import Event
from sentiment_site.live.publish import FRAGMENT_PREFIX, client, send_event, store_fragment
from sentiment_site.live.time_machine import address_at
from sentiment_site.market import clock

logger = structlog.get_logger(__name__)

TOPIC = "sectors"
EVENT = "sectors.published"
TERMS_EVENT = "sectors.themes"
TEMPLATE = "sectors/_grid.html"
CURRENT = "sectors:grid:current"
CURRENT_TTL_S = 300
ANNOUNCED = "sectors:announced"
KIND = "sector_grid"
MOMENTS = ("as_of", "recorded_at", "ageing_from", "stale_from")

# Moves the pointer unless it already names a newer run; a value that is not ours is replaced.
FORWARD = """
local held = redis.call('GET', KEYS[1])
local ok, head = pcall(cjson.decode, held or '')
if ok and type(head) == 'table' and tonumber(head.seq) and tonumber(head.seq) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""


@dataclass(frozen=True, slots=True)
class LiveGrid:
    """The present light as served: the run's facts (None before the first run) and the rendered fragment."""

    head: GridHead | None
    html: str

    @property
    def seq(self) -> int:
        """The run's sequence number; 0 before the first."""
        return 0 if self.head is None else self.head.seq


def fragment_key(seq: int) -> str:
    """Where the rendered grid of a run is kept."""
    return f"sectors:grid:{seq}"


def render_grid(grid: Grid | None, as_of: datetime | None = None) -> str:
    """The grid fragment, without a request: page, HTMX answer and socket get the same bytes.

    as_of: the moment that its links stay at, None live.
    """
    return render_to_string(TEMPLATE, {"grid": grid, "keep": address_at("", as_of)})


def publish_run(run: SectorRun) -> None:
    """Show a saved run everywhere, once the transaction has committed; never if it rolls back."""
    transaction.on_commit(partial(_publish, run.pk))


def publish_terms() -> None:
    """Show the newest run again, once the transaction has committed, because the themes' terms have changed."""
    transaction.on_commit(_publish_terms)


def republish_missed() -> bool:
    """Publish the newest run if it was not announced (Valkey was away or emptied, the worker died after its commit).

    Returns whether it published. One statement when there is nothing to do.
    """
    newest = selectors.newest_seq()
    if newest == 0:
        return False
    try:
        held = client().get(ANNOUNCED)
    except redis.RedisError:
        return False  # nobody listens; the pages read the database
    if isinstance(held, bytes) and held.isdigit() and int(held) >= newest:
        return False
    _publish(newest)
    return True


def get_live_grid() -> LiveGrid:
    """The newest published grid: from the cache without a statement, else from the database, refilling the cache."""
    head = get_cached_head()
    if head is None:
        cache.count_miss(KIND)
    else:
        held = cache.read_counted(KIND, FRAGMENT_PREFIX + fragment_key(head.seq))
        if held is not None:
            return LiveGrid(head, held.decode())
    grid = theme_terms.add_theme_terms(selectors.get_grid())
    html = render_grid(grid)
    if grid is None:
        return LiveGrid(None, html)
    _store(grid.seq, html)
    _move_pointer(grid.head)
    return LiveGrid(grid.head, html)


def get_live_head() -> GridHead | None:
    """The newest run's facts: from the cache, else from the database, refilling the cache."""
    head = get_cached_head()
    if head is not None:
        return head
    grid = theme_terms.add_theme_terms(selectors.get_grid())
    if grid is None:
        return None
    _move_pointer(grid.head)
    return grid.head


def get_cached_head() -> GridHead | None:
    """The pointer, or None when it is missing, unreadable, or Valkey is down."""
    try:
        held = client().get(CURRENT)
    except redis.RedisError as error:
        logger.warning("grid pointer not read: Valkey does not answer", error=str(error))
        return None
    return _parse_head(held if isinstance(held, bytes) else None)


def get_snapshot(topic: str) -> tuple[int, datetime, str] | None:
    """What a socket that joins the topic is shown first: (seq, at, html); None before the first run."""
    live = get_live_grid()
    return None if live.head is None else (live.seq, live.head.recorded_at, live.html)


def _publish_terms() -> None:
    grid = theme_terms.add_theme_terms(selectors.get_grid())
    held = get_cached_head()
    if grid is None or (held is not None and (held.seq, held.revision) == (grid.seq, grid.revision)):
        return
    html = render_grid(grid)
    _store(grid.seq, html)
    _move_pointer(grid.head)
    # the same number: `again` lets pages that show this run take it
    key, now = fragment_key(grid.seq), clock.now()
    event = Event(TERMS_EVENT, TOPIC, run_id=grid.seq, seq=grid.seq, at=now, key=key, data={"again": True})
    send_event(event, html)
    logger.info("grid published again: the themes' terms changed", seq=grid.seq)


def _publish(seq: int) -> None:
    grid = theme_terms.add_theme_terms(selectors.get_grid())
    if grid is None or grid.seq > seq:
        return  # a newer run was saved meanwhile and publishes itself
    html = render_grid(grid)
    _store(grid.seq, html)
    _move_pointer(grid.head)
    key, data = fragment_key(grid.seq), describe_changes(grid)
    send_event(Event(type=EVENT, topic=TOPIC, run_id=grid.seq, seq=grid.seq, at=grid.recorded_at, key=key, data=data))
    _remember_announced(grid.seq)
    logger.info("grid published", seq=grid.seq, as_of=grid.as_of.isoformat(), changed=grid.changed, bytes=len(html))


def _store(seq: int, html: str) -> None:
    store_fragment(fragment_key(seq), html, cache.KINDS[KIND].ttl_s)


def _remember_announced(seq: int) -> None:
    try:
        client().set(ANNOUNCED, seq)
    except redis.RedisError as error:
        logger.warning("not announced: Valkey does not answer", seq=seq, error=str(error))


def _move_pointer(head: GridHead) -> None:
    try:
        client().eval(FORWARD, 1, CURRENT, str(head.seq), _dump_head(head), str(CURRENT_TTL_S))
    except redis.RedisError as error:
        logger.warning("grid pointer not moved: Valkey does not answer", seq=head.seq, error=str(error))


def _dump_head(head: GridHead) -> str:
    return json.dumps(asdict(head), default=lambda moment: moment.isoformat())


def _parse_head(held: bytes | None) -> GridHead | None:
    """The facts back from JSON; None for anything that this version of the program did not write."""
    if held is None:
        return None
    try:
        facts: dict[str, Any] = json.loads(held)
        for name in MOMENTS:
            facts[name] = None if facts[name] is None else datetime.fromisoformat(facts[name])
        facts["universe_session"] = date.fromisoformat(facts["universe_session"])
        facts["sources"] = tuple(facts["sources"])
        return GridHead(**facts)
    except (KeyError, TypeError, ValueError):
        logger.info("grid pointer of another version ignored")
        return None
