"""The look at a bar: who leads, what its neighbours are likely to do (written down before they do it), the update."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import structlog
from django.db import connection, transaction

from sentiment_site.market import calendar, clock
from themes.kernels import sympathy
from themes.kernels.co_jumps import Tier, classify_tiers
from themes.models import SympathyEdge, SympathyNetwork, SympathyTicket
from themes.publish import announce_change

from .announce import alert_tickets
from .figures import Figures, unpack_figures
from .fit import LOCK, MODEL_VERSION
from .pairs import Scored, load_edge_rows, model_version, score_pairs
from .panel import Day, NoNetwork, load_day, sector_key
from .theme_neighbours import update_themes
from .tickets import find_window_end, hash_ticket, quantise
from .update import prepare_update, save_update

log = structlog.get_logger(__name__)
Floats = npt.NDArray[np.float64]

TIERS = {
    Tier.LOW: SympathyTicket.Tier.LOW,
    Tier.MEDIUM: SympathyTicket.Tier.MEDIUM,
    Tier.HIGH: SympathyTicket.Tier.HIGH,
}
_RANK = {tier.value: int(number) for number, tier in TIERS.items()}


@dataclass(frozen=True, slots=True)
class LookReport:
    """What a look found. tickets: written by it."""

    bar_at: dt.datetime
    leaders: int
    tickets: int = 0
    alerts: int = 0
    note: str = ""

    def __str__(self) -> str:
        said = f"{self.leaders} leaders, {self.tickets} tickets, {self.alerts} alerts"
        return f"{said}; {self.note}" if self.note else said


@dataclass(frozen=True, slots=True)
class _Scene:
    """A look's inputs: the night's network, the session so far, residual moves z (n,) and returns (n,)."""

    base: SympathyNetwork
    figures: Figures
    day: Day
    bar_at: dt.datetime
    made_at: dt.datetime
    move: Floats
    z: Floats
    leaders: list[int]


def look_at_bar(bar_at: dt.datetime) -> LookReport:
    """Leaders of the bar that ends at `bar_at`, tickets for what is new about them, the network after their move.

    All in one transaction: a look that dies leaves nothing, one that is repeated writes nothing twice. NoNetwork while
    no night's network stands below this session.
    """
    began = time.perf_counter()
    session = calendar.session_at(bar_at - dt.timedelta(microseconds=1))
    if session is None:
        raise NoNetwork(f"no session is open before {bar_at.isoformat()}")
    scene = _load_scene(session, bar_at)
    window_end = find_window_end(session, scene.made_at)
    if not scene.leaders or window_end is None:
        with transaction.atomic():
            update_themes(scene.base)
        note = "too late in the session for a ticket" if scene.leaders else ""
        return LookReport(bar_at, len(scene.leaders), note=note)
    scored = _score(scene)
    update = prepare_update(scene.base, scene.figures, _new_leaders(scene), scene.move, scene.made_at)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LOCK)
        network = save_update(scene.base, scene.figures, update, session.date, bar_at, began)
        tickets = _write_tickets(scene, scored, window_end)
        alerts = alert_tickets(scene.base, tickets)
        update_themes(scene.base)
        if tickets or network is not None:
            announce_change("sympathy")
    report = LookReport(bar_at, len(scene.leaders), len(tickets), alerts)
    log.info("sympathy looked at", bar_at=bar_at.isoformat(), result=str(report))
    return report


def find_base(session: dt.date, known_at: dt.datetime) -> SympathyNetwork | None:
    """The newest night's network that ends before a session and was known."""
    rows = SympathyNetwork.objects.filter(
        kind=SympathyNetwork.Kind.NIGHTLY, session__lt=session, recorded_at__lte=known_at
    )
    return rows.order_by("-session").first()


def _load_scene(session: calendar.Session, bar_at: dt.datetime) -> _Scene:
    made_at = clock.now()
    base = find_base(session.date, made_at)
    if base is None or base.figures is None:
        raise NoNetwork(f"no network of a session before {session.date}")
    figures = unpack_figures(base.figures)
    day = load_day(figures.ids, session, bar_at, made_at)
    move = day.move_at(bar_at)
    z = sympathy.standardise(figures.scale, move)
    leaders = [int(row) for row in sympathy.list_leaders(move, figures.scale) if np.nan_to_num(z[row]) != 0]
    return _Scene(base, figures, day, bar_at, made_at, move, z, leaders)


def _new_leaders(scene: _Scene) -> list[int]:
    """Leaders whose move of this session and direction has not entered a network yet."""
    networks = SympathyNetwork.objects.filter(kind=SympathyNetwork.Kind.MOVE, session=scene.day.session.date)
    entered = {
        (one["id"], one["direction"]) for facts in networks.values_list("facts", flat=True) for one in facts["leaders"]
    }
    ids, z = scene.figures.ids, scene.z
    return [row for row in scene.leaders if (int(ids[row]), int(np.sign(z[row]))) not in entered]


def _score(scene: _Scene) -> list[Scored]:
    fields = ("instrument_id", "neighbour_id", "rank", "correlation", "recent_correlation", "co_jumps")
    asked = scene.figures.ids[scene.leaders].tolist()
    rows = SympathyEdge.objects.filter(network=scene.base, instrument_id__in=asked).values_list(*fields)
    edges = load_edge_rows(scene.figures, list(rows))
    return score_pairs(scene.figures, edges, scene.leaders, scene.z, scene.base.observations)


def _write_tickets(scene: _Scene, scored: Sequence[Scored], window_end: dt.datetime) -> list[SympathyTicket]:
    """One ticket a pair, session and direction, and another only where the tier has risen since."""
    session, figures = scene.day.session.date, scene.figures
    said: dict[tuple[int, int, int], int] = {}
    past = SympathyTicket.objects.filter(session=session, leader_id__in=figures.ids[scene.leaders].tolist())
    for leader, follower, direction, tier in past.values_list("leader_id", "follower_id", "direction", "tier"):
        pair = (leader, follower, direction)
        said[pair] = max(said.get(pair, -1), _RANK[tier])
    price = scene.day.price_at(scene.bar_at)
    tiers = classify_tiers([one.probability for one in scored]).tolist() if scored else []
    made = []
    for one, tier in zip(scored, tiers, strict=True):
        direction = int(np.sign(scene.z[one.leader]))
        leader, follower = int(figures.ids[one.leader]), int(figures.ids[one.target])
        if said.get((leader, follower, direction), -1) >= tier:
            continue
        ticket = SympathyTicket(
            network=scene.base,
            leader_id=leader,
            follower_id=follower,
            session=session,
            bar_at=scene.bar_at,
            direction=direction,
            leader_move=quantise(min(100 * scene.move[one.leader], 9_999.0)),
            made_at=scene.made_at,
            window_ends_at=window_end,
            probability=one.probability,
            baseline=_baseline(scene, one.leader, direction),
            tier=TIERS[Tier(tier)],
            features=one.features,
            model_version=model_version(one, MODEL_VERSION),
            price_at=quantise(price[one.target]) if np.isfinite(price[one.target]) else None,
        )
        ticket.features_hash = hash_ticket(ticket)
        made.append(ticket)
    made.sort(key=lambda ticket: ticket.probability)  # lists show the newest number first: the surest
    return SympathyTicket.objects.bulk_create(made)


def _baseline(scene: _Scene, leader: int, direction: int) -> float:
    facts = scene.base.facts
    known = facts["baselines"].get(sector_key(int(scene.figures.sector[leader])), facts["baseline"])
    return float(known["up" if direction > 0 else "down"])
