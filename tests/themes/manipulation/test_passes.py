"""A pass from rows to rows: the worked example, what is missing, what must not be seen yet, exactly once."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sentiment_site.market import clock
from tests.factories import HALF_HOUR
from themes.kernels.red_flags import FLAGS
from themes.manipulation import passes
from themes.manipulation.passes import compute_theme_risk, run_pass
from themes.manipulation.screen import NoUniverse
from themes.models import (
    CollectionState,
    Document,
    ManipulationPass,
    ManipulationReading,
    Theme,
    ThemeAlert,
    ThemeMembership,
)
from universe.models import Catalyst, Halt, Membership

from .conftest import AT, LONG_AGO, PUMPED, QUIET, World

pytestmark = pytest.mark.django_db
SECOND = dt.timedelta(seconds=1)


def reading(world: World, symbol: str = PUMPED) -> ManipulationReading:
    return ManipulationReading.objects.get(as_of=AT, instrument_id=world.id_of(symbol))


def raised(row: ManipulationReading) -> dict[str, float]:
    return {flag["key"]: flag["weight"] for flag in row.flags}


def test_the_worked_example_of_the_methods(seen: World, now: clock.Frozen) -> None:
    """A = .839, eleven points and B = .60: risk .731, SEVERE, from bars, posts and an empty news room."""
    seen.campaign()
    report = run_pass(AT, clock.now())
    assert report.written is not None and report.written.severe == 1 and report.written.screened == 40
    row = reading(seen)
    assert raised(row) == {
        "move": 0.35, "volume": 0.20, "float": 0.20, "cap": 0.08, "accumulation": 0.08, "no_news": 0.20,
        "burst": 0.15, "duplicates": 0.15, "young": 0.10, "promotion": 0.12,
    }  # fmt: skip
    assert float(row.flags_part) == pytest.approx(0.839, abs=0.0005)
    assert {item["key"]: item["points"] for item in row.card} == {
        "change": 4, "volatility": 3, "prior_rvol_5": 1, "rvol": 2, "cap": 1
    }  # fmt: skip
    assert row.behaviour_part == Decimal("0.600")
    assert (row.risk, row.raw, row.band, row.cause) == (Decimal("0.731"), Decimal("0.731"), "SEVERE", "spike")
    assert row.is_simulated and row.mitigators == []
    assert len(row.reasons) == 5 and row.reasons[0]["effect"] == max(one["effect"] for one in row.reasons)
    assert row.facts["change"] == pytest.approx(110, abs=0.01) and row.facts["rvol"] == pytest.approx(50, rel=0.01)
    assert row.facts["posts_24h"] == 200 and row.facts["mention_z"] > 5


def test_an_effect_is_the_risk_without_the_flag(seen: World, now: clock.Frozen) -> None:
    """The stored effect of no news is what an article takes away."""
    run_pass(AT, clock.now())
    effect = next(flag["effect"] for flag in reading(seen).flags if flag["key"] == "no_news")
    risk = float(reading(seen).risk)
    ManipulationPass.objects.all().delete()
    ManipulationReading.objects.all().delete()
    seen.write(PUMPED, "news", AT - dt.timedelta(hours=3))
    run_pass(AT, clock.now())
    assert float(reading(seen).risk) == pytest.approx(risk - effect, abs=0.0011)


def test_a_verified_catalyst_mitigates(seen: World, now: clock.Frozen) -> None:
    """An approval that an 8-K bears out: times .6, and the spike is no longer without news."""
    filed = AT - dt.timedelta(hours=4)
    seen.write(PUMPED, "filing", filed, form="8-K", items=["8.01"], url="https://www.sec.gov/x")
    Catalyst.objects.create(
        instrument_id=seen.id_of(PUMPED), kind="fda_decision", direction=1, event_at=filed, recorded_at=filed + SECOND,
        source=seen.market.source, document_id="a", title="Approved", url="javascript:alert(1)", evidence={},
    )  # fmt: skip
    run_pass(AT, clock.now())
    row = reading(seen)
    assert "no_news" not in raised(row)
    assert [(one["key"], one["factor"], one["url"]) for one in row.mitigators] == [("catalyst", 0.6, "")]
    part = 0.55 * float(row.flags_part) + 0.45 * float(row.behaviour_part)
    assert float(row.risk) == pytest.approx(0.6 * part, abs=0.002)


def test_an_article_alone_verifies_nothing(seen: World, now: clock.Frozen) -> None:
    """Without a filing the same event is talk."""
    at = AT - dt.timedelta(hours=4)
    Catalyst.objects.create(
        instrument_id=seen.id_of(PUMPED), kind="contract", direction=1, event_at=at, recorded_at=at + SECOND,
        source=seen.market.source, document_id="a", title="Contract", evidence={},
    )  # fmt: skip
    run_pass(AT, clock.now())
    assert reading(seen).mitigators == []


def test_filings_raise_corporate_flags_with_their_document(seen: World, now: clock.Frozen) -> None:
    """424B5, shelf, at-the-market words, a late report; each names its source, without an address that would run."""
    day = dt.timedelta(days=1)
    seen.write(PUMPED, "filing", AT - 3 * day, form="424B5", text="shares in an At-the-Market offering", url="data:x")
    seen.write(PUMPED, "filing", AT - 40 * day, form="S-3/A", url="https://www.sec.gov/s3")
    seen.write(PUMPED, "filing", AT - 50 * day, form="NT 10-Q")
    run_pass(AT, clock.now())
    row = reading(seen)
    assert {"takedown": 0.15, "shelf": 0.12, "toxic": 0.12, "reporting": 0.08}.items() <= raised(row).items()
    sources = {flag["key"]: flag["source"] for flag in row.flags}
    assert sources["takedown"]["url"] == "" and sources["shelf"]["url"] == "https://www.sec.gov/s3"
    assert next(flag["value"] for flag in row.flags if flag["key"] == "takedown") == pytest.approx(3)


def test_old_filings_raise_nothing(seen: World, now: clock.Frozen) -> None:
    """Each flag looks back as far as it says."""
    day = dt.timedelta(days=1)
    seen.write(PUMPED, "filing", AT - 11 * day, form="424B5", text="common stock")
    seen.write(PUMPED, "filing", AT - 61 * day, form="NT 10-K")
    run_pass(AT, clock.now())
    assert not {"takedown", "shelf", "toxic", "reporting"} & raised(reading(seen)).keys()


def test_what_nobody_reads_is_missing_and_raises_nothing(world: World, now: clock.Frozen) -> None:
    """Bars alone: the same stock, without words, with less coverage and the missing named."""
    run_pass(AT, clock.now())
    row = reading(world)
    assert set(raised(row)) == {"move", "volume", "float", "cap", "accumulation"}
    words = {flag.key for flag in FLAGS if flag.group in ("news", "social")}
    assert words <= set(row.missing) and {"halts", "takedown", "shelf", "reverse_split", "toxic"} <= set(row.missing)
    assert "card:change" not in row.missing
    assert ManipulationPass.objects.get().missing == ["filings", "news", "press", "posts"]


@pytest.mark.parametrize(
    ("feed", "missing"),
    [
        ("filings", {"takedown", "shelf", "toxic", "reporting", "no_news"}),
        ("news", {"no_news"}),
        ("x", {"burst", "duplicates", "young", "promotion"}),
    ],
)
def test_each_silent_feed_costs_coverage(seen: World, now: clock.Frozen, feed: str, missing: set[str]) -> None:
    """A feed that failed since two hours: its flags are missing, never raised, and the risk does not rise."""
    run_pass(AT, clock.now())
    whole = reading(seen)
    ManipulationPass.objects.all().delete()
    ManipulationReading.objects.all().delete()
    CollectionState.objects.filter(feed=feed).update(read_until=AT - dt.timedelta(hours=2, seconds=1))
    run_pass(AT, clock.now())
    row = reading(seen)
    assert missing <= set(row.missing) and not missing & set(whole.missing)
    assert row.evidence_coverage < whole.evidence_coverage and row.risk <= whole.risk


def test_a_feed_that_has_just_begun_cannot_rule_out_the_past(seen: World, now: clock.Frozen) -> None:
    """Filings of three days say nothing of ninety; a filing that is there counts all the same."""
    seen.market.source.refresh_from_db()

    Document.objects.filter(kind="filing").delete()
    seen.write(QUIET, "filing", AT - dt.timedelta(days=3))
    seen.write(PUMPED, "filing", AT - dt.timedelta(days=1), form="S-3")
    run_pass(AT, clock.now())
    row = reading(seen)
    assert {"takedown", "toxic", "reporting"} <= set(row.missing)
    assert "shelf" in raised(row) and "no_news" not in row.missing


def test_nothing_from_later_enters(seen: World, now: clock.Frozen) -> None:
    """Words, halts, bars and splits that were public or recorded after the moment leave the row as it was."""
    seen.campaign(40)
    run_pass(AT, AT + SECOND)
    before = ManipulationReading.objects.filter(as_of=AT).order_by("instrument_id").values()
    kept = [{name: row[name] for name in row if name not in ("recorded_at", "pk")} for row in before]
    ManipulationPass.objects.all().delete()
    ManipulationReading.objects.all().delete()
    later = AT + dt.timedelta(minutes=10)
    seen.write(PUMPED, "news", later)
    seen.write(PUMPED, "news", AT - dt.timedelta(hours=1), recorded_at=later)
    seen.write(PUMPED, "filing", AT - dt.timedelta(hours=1), form="424B5", recorded_at=later)
    seen.market.store_half_hours(AT, {PUMPED: (20.0, 9e9), QUIET: (500.0, 9e9)})
    seen.market.store_half_hours(AT - HALF_HOUR, {QUIET: (300.0, 9e9)}, recorded_at=later)
    for number in range(3):
        Halt.objects.create(
            instrument_id=seen.id_of(PUMPED), begins_at=AT - dt.timedelta(minutes=number), code="LUDP",
            source=seen.market.source, recorded_at=later,
        )  # fmt: skip
    now.move_to(later + dt.timedelta(hours=2))
    run_pass(AT, AT + SECOND)
    after = ManipulationReading.objects.filter(as_of=AT).order_by("instrument_id").values()
    again = [{name: row[name] for name in row if name not in ("recorded_at", "pk")} for row in after]
    assert again == kept
    # and with the knowledge of later the same bar reads differently: the test can fail
    ManipulationPass.objects.all().delete()
    ManipulationReading.objects.all().delete()
    run_pass(AT, later + SECOND)
    assert {"takedown", "halts"} <= raised(reading(seen)).keys() and "no_news" not in raised(reading(seen))


def test_a_bar_is_read_once(seen: World, now: clock.Frozen) -> None:
    """Again, with other knowledge: nothing is written, nothing is changed."""
    assert run_pass(AT, clock.now()).written is not None
    rows = list(ManipulationReading.objects.values_list("instrument_id", "risk", "recorded_at"))
    seen.write(PUMPED, "news", AT - dt.timedelta(hours=3))
    now.move_to(AT + dt.timedelta(minutes=20))
    assert run_pass(AT, clock.now()).written is None
    assert list(ManipulationReading.objects.values_list("instrument_id", "risk", "recorded_at")) == rows
    assert ManipulationPass.objects.count() == 1


def test_a_pass_is_written_whole_or_not_at_all(seen: World, now: clock.Frozen, monkeypatch: pytest.MonkeyPatch) -> None:
    """The alerts fail: no reading, no pass, no alert; the next try writes everything."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no alerts today")

    seen.campaign(40)
    with monkeypatch.context() as broken:
        broken.setattr(passes, "raise_alert", fail)
        with pytest.raises(RuntimeError):
            run_pass(AT, clock.now())
    assert not ManipulationReading.objects.exists() and not ManipulationPass.objects.exists()
    assert run_pass(AT, clock.now()).alerts == 1


def test_severe_is_told_once(seen: World, now: clock.Frozen) -> None:
    """Severity 3, with the reasons; the next bar says nothing new, however severe."""
    seen.campaign()
    assert run_pass(AT, clock.now()).alerts == 1
    alert = ThemeAlert.objects.get()
    assert (alert.kind, alert.severity, alert.subject, alert.instrument_id) == (
        "manipulation", 3, PUMPED, seen.id_of(PUMPED)
    )  # fmt: skip
    assert "0.73 SEVERE" in alert.text and alert.facts["risk"] == 0.731 and len(alert.facts["reasons"]) == 5
    assert AT <= alert.data_at <= clock.now()
    seen.market.store_half_hours(AT, {PUMPED: (230.0, 1e6)})
    now.move_to(AT + HALF_HOUR + SECOND)
    report = run_pass(AT + HALF_HOUR, clock.now())
    assert report.written is not None and report.written.severe == 1 and report.alerts == 0


def test_worse_than_before_is_told_again(seen: World, now: clock.Frozen) -> None:
    """HIGH first, SEVERE after the campaign."""
    run_pass(AT, clock.now())
    assert [(one.severity, one.facts["band"]) for one in ThemeAlert.objects.all()] == [(2, "HIGH")]
    seen.campaign()
    seen.market.store_half_hours(AT, {PUMPED: (230.0, 9e6)})
    now.move_to(AT + HALF_HOUR + SECOND)
    run_pass(AT + HALF_HOUR, clock.now())
    assert sorted(ThemeAlert.objects.values_list("severity", flat=True)) == [2, 3]


def theme_of(world: World, symbols: list[str], **facts: object) -> Theme:
    told = {"theme_name": "quantum", "standing": "active", "emergence_timestamp": LONG_AGO, "detected_at": LONG_AGO,
            "detection_confidence": 1, "is_simulated": True, "as_of": AT}  # fmt: skip
    theme = Theme.objects.create(**(told | facts))
    for place, symbol in enumerate(symbols):
        ThemeMembership.objects.create(
            theme=theme, instrument_id=world.id_of(symbol), score=1.0 if place else 3.0, text_part=1.0,
            since=AT - dt.timedelta(hours=5), recorded_at=AT - dt.timedelta(hours=5),
        )  # fmt: skip
    return theme


def test_a_theme_mitigates_and_gets_its_members_risk(seen: World, now: clock.Frozen) -> None:
    """Five members: times .8; the theme's risk is the weighted 75th percentile, here the pumped stock's own."""
    theme = theme_of(seen, [PUMPED, "TEC1", "TEC2", "TEC3", "TEC4"])
    run_pass(AT, clock.now())
    row = reading(seen)
    assert [(one["key"], one["factor"]) for one in row.mitigators] == [("theme", 0.8)]
    assert reading(seen, "TEC1").cause == "theme"
    theme.refresh_from_db()
    assert theme.manipulation_risk_score == row.risk and reading(seen, "TEC1").risk < Decimal("0.1")


def test_a_small_or_retired_theme_mitigates_nothing(seen: World, now: clock.Frozen) -> None:
    """Four members, or no longer active."""
    theme_of(seen, [PUMPED, "TEC1", "TEC2", "TEC3"])
    theme_of(seen, [PUMPED, "TEC1", "TEC2", "TEC3", "TEC4"], standing="retired")
    run_pass(AT, clock.now())
    assert reading(seen).mitigators == []


@pytest.mark.parametrize(
    ("risk", "weights", "expected"),
    [
        ([0.1, 0.2, 0.3, 0.4], [1, 1, 1, 1], 0.3),
        ([0.4, 0.1, 0.2, 0.3], [1, 1, 1, 1], 0.3),
        ([0.1, 0.9], [3, 1], 0.1),
        ([0.1, 0.9], [2.9, 1.1], 0.9),
        ([0.5], [0], 0.5),
        ([0.1, 0.7], [0, float("nan")], 0.7),
    ],
)
def test_theme_risk_by_hand(risk: list[float], weights: list[float], expected: float) -> None:
    """The lowest risk that three quarters of the weight do not exceed."""
    assert compute_theme_risk(risk, weights) == expected


@pytest.mark.parametrize("given", [([], []), ([0.1], [1, 2])])
def test_theme_risk_needs_members(given: tuple[list[float], list[float]]) -> None:
    with pytest.raises(ValueError, match="must match"):
        compute_theme_risk(*given)


def test_without_a_universe_nobody_is_read(db: None) -> None:
    with pytest.raises(NoUniverse):
        run_pass(AT)


def test_a_universe_without_members_is_said(world: World) -> None:
    Membership.objects.update(eligible=False)
    with pytest.raises(NoUniverse, match="no members"):
        run_pass(AT)


def test_statements_do_not_grow_with_the_stocks(seen: World, now: clock.Frozen) -> None:
    """Forty suspicious stocks cost as many statements as one."""
    counted: list[int] = []
    for at, symbols in ((AT, []), (AT + HALF_HOUR, list(seen.market.ids)[:40])):
        if symbols:
            seen.market.store_half_hours(AT, dict.fromkeys(symbols, (190.0, 5e7)))
        now.move_to(at + SECOND)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            report = run_pass(at, clock.now())
        alerts = 6 * report.alerts
        counted.append(len(queries) - alerts)
        assert report.written is not None and report.written.readings >= max(1, len(symbols) - 1)
    assert counted[1] <= counted[0] + 4
