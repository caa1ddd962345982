"""Look-ahead cannot creep in: whatever is recorded later, a session screened again as of then comes out the same."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portfolios.models import User
from sentiment_site.market import clock
from tests.universe.market import SESSION, add_bars, add_stock, known_at, session, source
from universe import services
from universe.models import (
    Classification,
    FloatReading,
    Instrument,
    Membership,
    Quarantine,
    ReferenceReading,
    ShortInterestReading,
    Split,
    UniverseRun,
)
from universe.pipeline import NotEnoughBars, refresh_universe

pytestmark = pytest.mark.django_db
BACK = 3
THEN = known_at(BACK)
FIELDS = (
    "instrument__symbol",
    "eligible",
    "reason",
    "tier",
    "market_cap",
    "price",
    "average_volume",
    "free_float",
    "short_percent",
    "gap_frequency",
    "sector",
    "sector_confidence",
    "change",
    "change_cause",
)


class _Undo(Exception):
    pass


def screened() -> list[tuple[Any, ...]]:
    """What the session three before the newest looks like, screened as of its evening; leaves no trace."""
    rows: list[tuple[Any, ...]] = []
    try:
        with transaction.atomic(), clock.frozen(THEN):
            run = refresh_universe(profile="strict")
            rows = [
                ("run", run.session, run.members, run.stages, run.volume_floor),
                *run.memberships.order_by("pk").values_list(*FIELDS),
            ]
            rows += [
                tuple(row) for row in Classification.objects.filter(recorded_at=THEN).values_list("sector", "evidence")
            ]
            raise _Undo
    except _Undo:
        return rows


LATER = st.sampled_from(
    [
        "reference",
        "backdated reference",
        "float",
        "backdated float",
        "short",
        "split",
        "backdated split",
        "new listing",
        "delisting",
        "quarantine",
        "backdated quarantine",
        "release",
        "override",
        "withdrawal",
        "correction",
        "later run",
        "classification",
    ]
)


def happen(event: str, operator: User, number: int) -> None:  # noqa: PLR0912 - a branch per event
    """One thing that becomes known after THEN; the backdated ones speak about the session itself or earlier."""
    known, later = THEN + dt.timedelta(minutes=1 + number), session(BACK - 1).date
    stock = Instrument.objects.get(symbol="ALPHA")
    early = session(BACK + 5).date
    with clock.frozen(known):
        match event:
            case "reference" | "backdated reference":
                ReferenceReading.objects.create(
                    instrument=stock,
                    effective_on=early if "back" in event else later,
                    shares_outstanding=900_000,
                    vendor_sector="Energy",
                    sic_code="1311",
                    source=source(),
                    recorded_at=known,
                )
            case "float" | "backdated float":
                FloatReading.objects.get_or_create(
                    instrument=stock,
                    effective_on=early if "back" in event else later,
                    source=source(),
                    defaults={"free_float": 10, "recorded_at": known},
                )
            case "short":
                ShortInterestReading.objects.get_or_create(
                    instrument=stock,
                    settlement_date=early,
                    source=source(),
                    defaults={"short_interest": 9, "recorded_at": known},
                )
            case "split" | "backdated split":
                Split.objects.get_or_create(
                    instrument=stock,
                    execution_date=early if "back" in event else later,
                    defaults={"split_from": 1, "split_to": 10, "source": source(), "recorded_at": known},
                )
            case "new listing":
                add_stock(f"NEW{number}", known=known, price=None)
            case "delisting":
                Instrument.objects.filter(symbol="BETA").update(delisted_on=later)
            case "quarantine" | "backdated quarantine":
                Quarantine.objects.get_or_create(
                    instrument=stock,
                    reason="discontinuity",
                    session=early if "back" in event else later,
                    defaults={"recorded_at": known},
                )
            case "release":
                Quarantine.objects.filter(instrument__symbol="DOUBT", released_at=None).update(released_at=known)
            case "override":
                if not services.list_in_force(known).filter(kind="exclude").exists():
                    services.create_override("exclude", operator, "later", instrument=stock)
            case "withdrawal":
                for row in services.list_in_force(known).filter(kind="include"):
                    services.withdraw_override(row, operator)
            case "correction":
                add_bars(stock, [session(BACK - 1).date], 4.0, 7e6)
            case "later run":
                with clock.frozen(known_at()):
                    refresh_universe(profile="strict")
            case "classification":
                Classification.objects.create(
                    instrument=stock, effective_on=early, sector="energy", confidence=1, evidence=[], recorded_at=known
                )


@pytest.fixture
def stored(db: None) -> User:
    operator = User.objects.create_user("op", password="x")
    add_stock("ALPHA", short=3_000_000)
    add_stock("BETA", sector="Healthcare", sic="2834")
    thin = add_stock("THIN", volume=500e3)
    doubt = add_stock("DOUBT")
    Quarantine.objects.create(
        instrument=doubt, reason="discontinuity", session=session(BACK + 2).date, recorded_at=known_at(BACK + 2)
    )
    with clock.frozen(known_at(BACK + 2)):
        services.create_override("include", operator, "watched", instrument=thin)
    with clock.frozen(known_at(BACK + 1)):
        refresh_universe(profile="strict")
    return operator


@given(events=st.lists(LATER, min_size=1, max_size=6))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_recorded_later_changes_an_earlier_screening(stored: User, events: list[str]) -> None:
    expected = screened()
    assert [row[:3] for row in expected[1:5]] == [
        ("ALPHA", True, "eligible"),
        ("BETA", True, "eligible"),
        ("THIN", True, "override_include"),
        ("DOUBT", False, "quarantined"),
    ]
    try:
        with transaction.atomic():
            for number, event in enumerate(events):
                happen(event, stored, number)
            assert screened() == expected
            raise _Undo
    except _Undo:
        pass


def test_the_events_would_change_a_screening_that_may_see_them(stored: User) -> None:
    for number, event in enumerate(["reference", "delisting", "release", "withdrawal"]):
        happen(event, stored, number)
    with clock.frozen(known_at()):
        run = refresh_universe(profile="strict")
    assert dict(run.memberships.values_list("instrument__symbol", "reason")) == {
        "ALPHA": "cap_low",
        "BETA": "delisted",
        "THIN": "volume_low",
        "DOUBT": "eligible",
    }


def test_a_stored_run_is_not_touched_by_the_next(stored: User) -> None:
    before = list(Membership.objects.order_by("pk").values_list("pk", *FIELDS))
    first = UniverseRun.objects.values().get()
    with clock.frozen(known_at()):
        refresh_universe(profile="strict")
    assert list(Membership.objects.filter(pk__lte=before[-1][0]).order_by("pk").values_list("pk", *FIELDS)) == before
    assert UniverseRun.objects.values().earliest("pk") == first


def test_bars_that_arrive_late_are_not_seen_before(stored: User) -> None:
    stock = add_stock("LATE", price=None)
    add_bars(stock, [SESSION], 10.0, 2e6)
    with clock.frozen(known_at()):
        assert refresh_universe(profile="strict").memberships.get(instrument=stock).price == 10.0
    with clock.frozen(session().close + dt.timedelta(minutes=14)), pytest.raises(NotEnoughBars):
        refresh_universe(profile="strict")
