"""The command on a few sessions whose figures can be counted by hand, and on planted and absent skill."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from sectors.evaluation.outcomes import FOUR_HOURS, NEXT_CLOSE
from sectors.evaluation.readings import Evidence, Light, NothingStored, Row, list_evaluated, load_evidence
from sectors.evaluation.report import render_scoreboard
from sectors.evaluation.scoreboard import Figure, Scoreboard, compute_scoreboard
from sectors.kernels.forecast import FEATURES
from sectors.models import SectorRun
from sentiment_site.market import calendar, clock
from sentiment_site.market.sectors import SECTORS
from tests.factories import ALL_SYMBOLS, HALF_HOUR, Market, make_market, symbols_of
from tests.sectors.conftest import FRIDAY, TEN, THURSDAY, analyse

MONDAY = calendar.shift(FRIDAY.date, 1)
LATER = MONDAY.close + timedelta(days=20)
ENERGY, TECH = symbols_of("energy"), symbols_of("technology")


def evaluate(*arguments: str) -> str:
    output = StringIO()
    with clock.frozen(LATER):
        call_command("evaluate_light", "--quiet", *arguments, stdout=output)
    return output.getvalue()


def replayed(market: Market, *days: Any, **options: Any) -> list[SectorRun]:
    """One analysis 20 minutes after the close of each day."""
    runs = []
    for day in days:
        with clock.frozen(day.close + timedelta(minutes=20)):
            runs.append(analyse(trigger="replay", **options))
    return runs


@pytest.fixture
def three_days(market: Market) -> list[SectorRun]:
    """Thursday 100. Friday energy +3 %, tech -3 %. Monday energy +2 % more, one of its stocks +20 %; tech +1 %."""
    others = [symbol for symbol in [*ALL_SYMBOLS, "IWM"] if symbol not in ENERGY + TECH]
    market.store_daily(FRIDAY.date, dict.fromkeys(others, 100) | dict.fromkeys(ENERGY, 103) | dict.fromkeys(TECH, 97))
    monday = dict.fromkeys(ENERGY, 103 * 1.02) | dict.fromkeys(TECH, 97 * 1.01) | {ENERGY[0]: 103 * 1.2}
    market.store_daily(MONDAY.date, dict.fromkeys(others, 100) | monday)
    return replayed(market, THURSDAY, FRIDAY, MONDAY)


def test_a_row_holds_what_was_said_and_what_happened(three_days: list[SectorRun]) -> None:
    with clock.frozen(LATER):
        evidence = load_evidence(list_evaluated(None, None))
    assert (evidence.source, evidence.runs, evidence.formulas) == ("replay", 3, ("v1", "v2"))
    assert len(evidence.rows) == 24
    rows = {(row.as_of, row.sector): row for row in evidence.rows}
    energy, tech = rows[FRIDAY.close, "energy"], rows[FRIDAY.close, "technology"]
    stored = three_days[1].readings.get(sector="energy", formula="v1")
    assert energy.lights["v1"].score == float(stored.score or 0) > 0.2
    assert energy.time == "16:00"
    assert energy.target == {NEXT_CLOSE: MONDAY.close, FOUR_HOURS: MONDAY.open + 8 * HALF_HOUR}
    assert energy.moved == pytest.approx(3.0, abs=1e-4)
    assert energy.forward[NEXT_CLOSE] == pytest.approx((4 * 2 + 20) / 5, abs=1e-3)
    assert energy.together[NEXT_CLOSE] == pytest.approx(103 * 1.056 - 100, abs=1e-3)
    assert math.isnan(energy.forward[FOUR_HOURS])
    assert (energy.known, energy.jumped, energy.has_highs) == (5, 1, False)
    assert tech.forward[NEXT_CLOSE] == pytest.approx(1.0, abs=1e-3)
    assert math.isnan(rows[MONDAY.close, "energy"].forward[NEXT_CLOSE])
    rising = [place for place in evidence.places if place.side == 1 and place.day == FRIDAY.date.toordinal()]
    assert [(round(place.moved), round(place.forward)) for place in rising] == [(3, 20), (3, 2), (3, 2)]
    assert [place.others for place in rising] == [1.0] * 3
    assert [place.is_new for place in rising] == [1.0] * 3
    assert [place.swapped for place in rising] == [1.0] * 3


def figures(board: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in board["figures"]}


def test_the_board_of_three_days(three_days: list[SectorRun], tmp_path: Path) -> None:
    target = tmp_path / "board.json"
    text = evaluate("--json", str(target))
    assert "source=replay: 3 analyses on 3 sessions, 24 readings, 2026-08-20 16:00 to 2026-08-24 16:00 ET" in text
    assert "horizon: next close (the source has daily bars only: no half-hours); formulas: v1, v2" in text
    assert "probability by v1: no edge: fewer than 60 settled sessions" in text
    assert text.count("### ") == 8
    board = figures(json.loads(target.read_text()))
    hits = board["v1, champion, shown, next close"]
    assert (hits["value"], hits["n"], hits["baseline"]) == (0.5, 2, 1.0)  # energy right, technology wrong, both rose
    tail = board["v1, champion, dark_green, P(any stock closed at +15 %)"]
    assert (tail["value"], tail["n"]) == (1.0, 1)
    per_stock = board["v1, champion, dark_green, share of stocks that closed at +15 %"]
    assert (per_stock["value"], per_stock["n"]) == (pytest.approx(0.2), 5)
    blue = board["v1, champion, blue_neutral, P(any stock closed at +15 %)"]
    assert (blue["value"], blue["n"]) == (0.0, 14)
    sign = board["v1, champion, same sign since the previous close, next close"]
    assert (sign["value"], sign["n"]) == (1.0, 2)
    bull = board["top bullish, precision@3: went on to the next close"]
    assert (bull["value"], bull["n"], bull["baseline"]) == (1.0, 3, 1.0)
    bear = board["top bearish, precision@3: went on to the next close"]
    assert (bear["value"], bear["n"]) == (0.0, 3)
    assert board["v2 less v1, shown, next close"]["baseline"] == 0.0


def test_one_formula_and_a_span(three_days: list[SectorRun], tmp_path: Path) -> None:
    target = tmp_path / "board.json"
    text = evaluate("--formula", "v2", "--from", "2026-08-21", "--to", "2026-08-21", "--json", str(target))
    assert "1 analyses on 1 sessions, 8 readings" in text
    assert "v1" not in text
    assert json.loads(target.read_text())["formulas"] == ["v2"]


def test_half_hours_are_judged_four_hours_later(market: Market) -> None:
    for place in range(13):
        up = 1 + place / 100
        market.store_half_hours(FRIDAY.open + place * HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 100 * up))
    with clock.frozen(TEN + timedelta(minutes=1)):
        analyse()
        analyse()  # a second look at the same moment is not counted again
    with clock.frozen(TEN + timedelta(hours=4, minutes=1)):
        analyse()
    with clock.frozen(LATER):
        evidence = load_evidence(list_evaluated(None, None))
    assert (evidence.source, evidence.runs) == ("real", 2)
    row = evidence.rows[0]
    assert (row.as_of, row.target[FOUR_HOURS]) == (TEN, TEN + timedelta(hours=4))
    assert row.forward[FOUR_HOURS] == pytest.approx(8.0, abs=1e-3)
    board = compute_scoreboard(evidence)
    assert (board.horizon, board.why) == (FOUR_HOURS, "half-hours are stored")
    text = render_scoreboard(board)
    assert "same colour, 4 trading hours" in text and "shown, next close" in text
    assert "P(any stock touched +15 %)" in text


def test_answers_to_moves_and_partial_runs_are_not_judged(market: Market) -> None:
    market.store_half_hours(TEN - HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 101))
    with clock.frozen(TEN + timedelta(minutes=1)):
        analyse(trigger="move")
        analyse(only=["energy"])
    with pytest.raises(NothingStored, match="no analysis of all sectors is stored there"):
        list_evaluated(None, None)


def test_sources_are_not_mixed(three_days: list[SectorRun]) -> None:
    SectorRun.objects.filter(pk=three_days[0].pk).update(trigger="scheduled")
    with pytest.raises(CommandError, match="several sources are stored there; choose one: real, replay"):
        evaluate()
    assert "source=real: 1 analyses" in evaluate("--source", "real")
    assert "source=replay: 2 analyses" in evaluate("--source", "replay")


@pytest.mark.django_db
def test_simulated_readings_say_so() -> None:
    market = make_market(THURSDAY.date, simulated=True)
    replayed(market, THURSDAY)
    assert evaluate().startswith("source=simulated: 1 analyses")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no analysis of all sectors is stored there"),
        (["--formula", "v9"], "unknown formula 'v9'; known are v1, v2"),
    ],
)
def test_nothing_to_judge_is_said(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        evaluate(*arguments)


def test_a_formula_that_was_not_stored(three_days: list[SectorRun]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sector_sentiment WHERE formula = 'v2'")
    with pytest.raises(CommandError, match="no reading of formula 'v2' is stored there"):
        evaluate("--formula", "v2")
    assert "formulas: v1, the first is the champion" in evaluate()


def made_up(skill: float, days: int = 150) -> Evidence:
    """Eight sectors a day with scores that know `skill` of the sector's next return."""
    g = np.random.default_rng(7)
    rows = []
    sessions = calendar.recent_sessions(FRIDAY.close, days + 1)
    for day, after in pairwise(sessions):
        for sector in SECTORS:
            noise, known = g.normal(0, 1, 2)
            score = float(np.round(np.clip(0.4 * known, -1, 1), 3))
            features = np.zeros(len(FEATURES))
            features[0] = score
            forward = skill * known + noise
            rows.append(
                Row(day.close, day.date.toordinal(), "16:00", sector.key,
                    {"v1": Light(score, "ok", features), "v2": Light(-score, "ok", features)}, known,
                    {FOUR_HOURS: math.nan, NEXT_CLOSE: forward}, {FOUR_HOURS: math.nan, NEXT_CLOSE: known + forward},
                    {FOUR_HOURS: None, NEXT_CLOSE: after.close}, known=100, jumped=int(abs(known) > 1))
            )  # fmt: skip
    return Evidence("real", sessions[0].close, sessions[-1].close, days, ("v1", "v2"), tuple(rows), ())


def of(board: Scoreboard, start: str) -> Figure:
    (found,) = [each for each in board.figures if each.name.startswith(start)]
    return found


def test_skill_that_is_not_there_is_not_found() -> None:
    board = compute_scoreboard(made_up(0.0))
    hit, order = of(board, "v1, champion, shown, next close"), of(board, "v1, champion, mean of Spearman's")
    assert hit.low < 0.5 < hit.high
    assert order.low < 0 < order.high
    assert board.verdicts == {"v1": "no edge", "v2": "no edge"}
    sign = of(board, "v1, champion, same sign since the previous close")
    assert sign.low < sign.baseline < sign.high
    assert sign.baseline == pytest.approx(0.75, abs=0.02)
    colour = of(board, "v1, champion, same colour")
    assert colour.low < colour.baseline < colour.high


def test_planted_skill_is_found_by_the_formula_that_has_it() -> None:
    board = compute_scoreboard(made_up(0.8))
    assert of(board, "v1, champion, shown, next close").low > 0.6
    assert of(board, "v2, challenger, shown, next close").high < 0.4
    assert of(board, "v2 less v1").high < -0.2
    assert of(board, "v1, champion, mean of Spearman's").value > 0.3
    assert of(board, "v1, champion, Brier skill of p_up to the next close").low > 0
    assert board.verdicts["v1"].startswith("skill +0.")
    assert of(board, "v1, champion, dark_green, next close").value > 0.5


def test_json_has_no_nan(three_days: list[SectorRun], tmp_path: Path) -> None:
    evaluate("--json", str(tmp_path / "board.json"))
    assert "NaN" not in (tmp_path / "board.json").read_text()


def test_what_was_withheld_is_judged_by_its_sign() -> None:
    evidence = made_up(0.8, days=30)
    for row in evidence.rows:
        score = row.lights["v1"].score
        if abs(score) < 0.2:
            row.lights["v1"] = Light(score, "abstained", None)
    board = compute_scoreboard(evidence, "v1")
    withheld = of(board, "v1, champion, abstained, by the score's sign")
    rows = [row for row in evidence.rows if row.lights["v1"].status == "abstained" and row.lights["v1"].score != 0]
    hits = [np.sign(row.lights["v1"].score) == np.sign(row.forward[NEXT_CLOSE]) for row in rows]
    assert (withheld.n, withheld.value) == (len(hits), pytest.approx(np.mean(hits)))
    assert withheld.note == f"{100 * len(rows) / 240:.1f} % of its scores withheld"
    assert of(board, "v1, champion, blue_neutral, next close").n == 0


def test_progress_and_the_outcome_of_a_check_as_json(three_days: list[SectorRun], tmp_path: Path) -> None:
    target, output, progress = tmp_path / "check.json", StringIO(), StringIO()
    with clock.frozen(LATER):
        call_command("evaluate_light", "--verify-look-ahead", "--json", str(target), stdout=output, stderr=progress)
    assert f"written: {target}" in output.getvalue()
    assert json.loads(target.read_text()) == {"runs": 3, "readings": 48, "left_out": {}, "mismatches": []}
    assert progress.getvalue().splitlines() == ["30 % (2026-08-20)", "60 % (2026-08-21)", "100 % (2026-08-24)"]


def test_a_reading_that_nothing_stands_behind_any_more_is_a_mismatch(three_days: list[SectorRun]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM bar_1d")
    output = StringIO()
    with clock.frozen(LATER), pytest.raises(CommandError, match="48 values are not what was known at their moment"):
        call_command("evaluate_light", "--verify-look-ahead", "--quiet", stdout=output)
    assert "reading: stored is stored, none comes out" in output.getvalue()
    assert output.getvalue().count("\n") == 21  # the first twenty are named
