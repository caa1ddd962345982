"""The baseline of the options score: ten days at least, nothing of the future, and the worked example."""

from __future__ import annotations

import datetime as dt
import json
import math

import numpy as np
import pytest

from sentiment_site.market import calendar
from sentiment_site.providers.polygon_payloads import parse_option_chain
from sentiment_site.providers.records import OptionRecord
from tests.factories import Market
from themes.models import OptionsDay
from themes.options.flow import Chain, build_contracts, build_rows, load_history

from .conftest import FRIDAY, MINUTE, NOW, contract, small_chain

pytestmark = pytest.mark.django_db

AS_OF = NOW - 15 * MINUTE


def records(rows: list[dict[str, object]]) -> tuple[OptionRecord, ...]:
    return parse_option_chain(json.dumps({"status": "OK", "results": rows}).encode()).records


def add_days(market: Market, symbol: str, count: int, *, ratio: float = 0.0, skew: float | None = 0.10) -> None:
    """The sessions before Friday: ln(puts/calls) alternates around `ratio`, the skew stands."""
    for back in range(1, count + 1):
        session = calendar.shift(FRIDAY.date, -back)
        OptionsDay.objects.create(
            instrument_id=market.ids[symbol], session=session.date, as_of=session.close, contracts=4,
            log_put_call=ratio + (0.1 if back % 2 else -0.1), skew=skew, is_simulated=True,
            recorded_at=session.close + 15 * MINUTE,
        )  # fmt: skip


def test_ten_days_are_needed_and_nine_say_so(market: Market) -> None:
    ids = market.ids
    add_days(market, "TEC0", 10)
    add_days(market, "TEC1", 9)
    chains = [Chain(ids[one], records(small_chain(one, calls=499, puts=99)), True) for one in ("TEC0", "TEC1")]
    _, (known, unknown) = build_rows(chains, FRIDAY.date, AS_OF, NOW, 900)
    # z = (ln(100/500) - 0) / sd of ten values of +-.1, x1 = -tanh(z / 1.5): calls far above the usual
    deviation = np.std([0.1, -0.1] * 5, ddof=1)
    x1 = -math.tanh(math.log(100 / 500) / deviation / 1.5)
    assert known.facts["parts"]["put_call"] == pytest.approx(x1, abs=1e-4)
    # nine changes of the skew are too few: .35 of the weight is known
    assert known.score == pytest.approx(x1) and known.facts["coverage"] == pytest.approx(0.35)
    assert known.quality == pytest.approx(min(1, (499 + 99) * 100 / 100_000) * 0.35)
    assert unknown.score is None and unknown.facts["missing"]["put_call"].startswith("9 of the last 20")


def test_more_puts_than_usual_is_bearish(market: Market) -> None:
    add_days(market, "TEC0", 20)
    for calls, puts, sign in ((500, 50, 1), (50, 500, -1)):
        chain = Chain(market.ids["TEC0"], records(small_chain("TEC0", calls=calls, puts=puts)), True)
        _, (reading,) = build_rows([chain], FRIDAY.date, AS_OF, NOW, 900)
        assert reading.score is not None and math.copysign(1, reading.score) == sign


def test_what_was_stored_later_changes_no_baseline(market: Market) -> None:
    ids = [market.ids["TEC0"]]
    add_days(market, "TEC0", 12)
    before = load_history(ids, FRIDAY.date, NOW)
    OptionsDay.objects.create(
        instrument_id=ids[0], session=FRIDAY.date, as_of=NOW, contracts=4, log_put_call=9.0, skew=9.0,
        is_simulated=True, recorded_at=NOW,
    )  # fmt: skip
    late = calendar.shift(FRIDAY.date, -15)
    OptionsDay.objects.create(
        instrument_id=ids[0], session=late.date, as_of=late.close, contracts=4, log_put_call=9.0, skew=9.0,
        is_simulated=True, recorded_at=NOW + MINUTE,
    )  # fmt: skip
    after = load_history(ids, FRIDAY.date, NOW)
    np.testing.assert_array_equal(before.put_call, after.put_call)
    np.testing.assert_array_equal(before.skew, after.skew)
    assert before.put_call.shape == (1, 21) and np.isfinite(before.put_call).sum() == 12
    assert load_history(ids, FRIDAY.date, NOW + MINUTE).put_call[0, 6] == 9.0


def test_adjusted_contracts_keep_their_premium_but_no_delta() -> None:
    rows = [
        contract("ACME", "call", 10, delta=0.25, volume=10, vwap=2.0),
        contract("ACME", "call", 10, delta=0.25, volume=10, vwap=2.0, shares_per_contract=10),
    ]
    made = build_contracts([Chain(1, records(rows), False)], FRIDAY.date)
    assert np.isfinite(made.delta).tolist() == [True, False]
    assert (made.price * made.volume * made.shares).tolist() == [2000, 200]
    assert np.isnan(made.bought).all() and np.isnan(made.sold).all()
    assert made.days.tolist() == [28, 28]


def test_no_chain_is_no_row() -> None:
    assert build_rows([], FRIDAY.date, AS_OF, NOW, 900) == ([], [])


def test_a_contract_of_another_day_traded_nothing_today() -> None:
    old = records([contract("ACME", "put", 10, at=NOW - dt.timedelta(days=1))])
    assert build_contracts([Chain(1, old, False)], FRIDAY.date).volume.tolist() == [0.0]
