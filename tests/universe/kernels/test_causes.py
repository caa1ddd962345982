"""Why a name joined or left, with the rule's figures."""

from typing import Any

import pytest

from universe.kernels.causes import Figures, explain_joined, explain_left
from universe.kernels.reasons import Reason

from .market import STRICT_RULES


def figures(reason: Reason = Reason.ELIGIBLE, **values: Any) -> Figures:
    known = {
        "price": 10.0,
        "market_cap": 500e6,
        "average_volume": 2e6,
        "free_float": 30e6,
        "tier": "small",
        "volume_floor": 1e6,
    }
    return Figures(reason=reason, **(known | values))


@pytest.mark.parametrize(
    ("now", "cause"),
    [
        (figures(Reason.VOLUME_LOW, average_volume=812e3), "volume 812k < 1M"),
        (figures(Reason.PRICE_LOW, price=1.87), "price 1.87 < 2"),
        (figures(Reason.PRICE_HIGH, price=101.5), "price 101.5 > 100"),
        (figures(Reason.CAP_LOW, market_cap=9.8e6), "cap $9.8M < $10M"),
        (figures(Reason.CAP_HIGH, market_cap=2.34e9), "cap $2.34B > $2B"),
        (figures(Reason.FLOAT_LOW, free_float=4.2e6, tier="micro"), "float 4.2M <= 5M"),
        (figures(Reason.FLOAT_LOW, free_float=9e6), "float 9M <= 10M"),
        (figures(Reason.VOLUME_LOW, average_volume=999_999), "volume 999,999 < 1,000,000"),
        (figures(Reason.PRICE_LOW, price=1.99999), "price 1.99999 < 2"),
        (figures(Reason.VOLUME_LOW, average_volume=199e3, volume_floor=200e3), "volume 199k < 200k"),
        (figures(Reason.VOLUME_LOW, average_volume=None), "volume nan < 1M"),
        (figures(Reason.DELISTED), "delisted"),
        (figures(Reason.OVERRIDE_EXCLUDE), "override"),
        (figures(Reason.NO_RECENT_TRADE, price=None), "no trade in the session"),
        (figures(Reason.QUARANTINED), "bars in quarantine"),
    ],
)
def test_left(now: Figures, cause: str) -> None:
    assert explain_left(figures(), now, STRICT_RULES) == cause


def test_left_when_an_include_override_ended() -> None:
    cause = explain_left(figures(Reason.OVERRIDE_INCLUDE), figures(Reason.PRICE_LOW, price=1.5), STRICT_RULES)
    assert cause == "override ended; price 1.5 < 2"


@pytest.mark.parametrize(
    ("before", "now", "cause"),
    [
        (None, figures(), "newly listed"),
        (None, figures(Reason.OVERRIDE_INCLUDE), "override"),
        (figures(Reason.PRICE_LOW, price=1.9), figures(price=2.1), "price 2.1 >= 2"),
        (figures(Reason.VOLUME_LOW), figures(average_volume=1.05e6), "volume 1.05M >= 1M"),
        (
            figures(Reason.VOLUME_LOW, average_volume=210e3, volume_floor=250e3),
            figures(average_volume=215e3, volume_floor=200e3),
            "volume floor 250k -> 200k",
        ),
        (
            figures(Reason.VOLUME_LOW, average_volume=210e3, volume_floor=250e3),
            figures(average_volume=300e3, volume_floor=200e3),
            "volume 300k >= 200k",
        ),
        (
            figures(Reason.FLOAT_LOW, tier="small"),
            figures(tier="micro", market_cap=200e6, free_float=8e6),
            "float 8M > 5M",
        ),
        (figures(Reason.OVERRIDE_EXCLUDE), figures(), "override ended"),
        (figures(Reason.TOO_NEW), figures(), "enough days of volume"),
        (figures(Reason.QUARANTINED), figures(), "released from quarantine"),
    ],
)
def test_joined(before: Figures | None, now: Figures, cause: str) -> None:
    assert explain_joined(before, now, STRICT_RULES) == cause


def test_every_reason_has_words_that_fit_the_column() -> None:
    outs = [reason for reason in Reason if reason not in (Reason.ELIGIBLE, Reason.OVERRIDE_INCLUDE)]
    for reason in outs:
        left = explain_left(figures(Reason.OVERRIDE_INCLUDE), figures(reason), STRICT_RULES)
        joined = explain_joined(figures(reason), figures(), STRICT_RULES)
        assert 0 < len(left) <= 80
        assert 0 < len(joined) <= 80
