"""Examples of the risk API, shown in its documentation: answers about a small simulated book."""

from __future__ import annotations

from typing import Any

BASIS: dict[str, Any] = {
    "session": "2026-08-21",
    "as_of": "2026-08-21T21:30:00Z",
    "live": True,
    "simulated": True,
    "greeks": "mock",
    "total_value": 97062.76,
    "cash": 100970.0,
    "positions": 4,
    "unpriced": ["XYZQ"],
    "rate": 0.0,
}
GROUP: dict[str, Any] = {
    "positions": 2,
    "market_value": {"long": 1950.0, "short": 20205.5, "gross": 22155.5, "net": -18255.5, "unknown": []},
    "notional": {"long": 0.0, "short": 40410.99, "gross": 40410.99, "net": -40410.99, "unknown": []},
    "delta_adjusted": {"long": 0.0, "short": 27277.42, "gross": 27277.42, "net": -27277.42, "unknown": []},
    "beta_weighted": {"long": 0.0, "short": 50136.93, "gross": 50136.93, "net": -50136.93, "unknown": []},
}
GREEKS: dict[str, Any] = {
    "basis": BASIS,
    "missing": [],
    "positions": [
        {
            "key": "8a4b2d6e-53a1-4a57-9f0e-3f1b6a1f9c02",
            "symbol": "SOUN",
            "underlying": "SOUN",
            "position_type": "SHORT",
            "quantity": "500.0000",
            "expiration": None,
            "strike": None,
            "spot": 40.411,
            "mock": {"source": "mock", "delta": -5.0, "gamma": 0.0, "theta": 0.0, "vega": 0.0, "rho": 0.0},
            "model": {"source": "model", "delta": -5.0, "gamma": 0.0, "theta": 0.0, "vega": 0.0, "rho": 0.0},
            "mock_dollar_delta": -20205.5,
            "model_dollar_delta": -20205.5,
            "volatility": None,
            "volatility_source": "",
            "note": "",
        },
        {
            "key": "8a4b2d6e-53a1-4a57-9f0e-3f1b6a1f9c03",
            "symbol": "SOUN261218P00030000",
            "underlying": "SOUN",
            "position_type": "LP",
            "quantity": "5.0000",
            "expiration": "2026-12-18",
            "strike": 30.0,
            "spot": 40.411,
            "mock": {"source": "mock", "delta": -1.75, "gamma": 0.1, "theta": -0.25, "vega": 0.75, "rho": -0.3},
            "model": {
                "source": "model",
                "delta": -1.0574,
                "gamma": 0.0611,
                "theta": -0.144,
                "vega": 0.3339,
                "rho": -0.2029,
            },
            "mock_dollar_delta": -7071.92,
            "model_dollar_delta": -4273.2,
            "volatility": 1.0268,
            "volatility_source": "implied",
            "note": "",
        },
    ],
    "mock": {
        "greeks": {"source": "mock", "delta": -4.65, "gamma": 0.1, "theta": -0.25, "vega": 0.75, "rho": -0.3},
        "dollar_delta": -12929.16,
        "positions": 4,
        "left_out": [],
        "no_spot": [],
    },
    "model": {
        "greeks": {
            "source": "model",
            "delta": -3.9574,
            "gamma": 0.0611,
            "theta": -0.144,
            "vega": 0.3339,
            "rho": -0.2029,
        },
        "dollar_delta": -10130.44,
        "positions": 4,
        "left_out": [],
        "no_spot": [],
    },
}
EXPOSURES: dict[str, Any] = {
    "basis": BASIS,
    "missing": [
        {
            "key": "8a4b2d6e-53a1-4a57-9f0e-3f1b6a1f9c04",
            "symbol": "XYZQ",
            "what": "beta",
            "reason": "fewer than 60 returns beside SPY",
        }
    ],
    "book": {
        "positions": 4,
        "market_value": {"long": 16298.26, "short": 20205.5, "gross": 36503.76, "net": -3907.24, "unknown": []},
        "notional": {"long": 14348.26, "short": 40410.99, "gross": 54759.25, "net": -26062.73, "unknown": []},
        "delta_adjusted": {"long": 14348.26, "short": 27277.42, "gross": 41625.68, "net": -12929.16, "unknown": []},
        "beta_weighted": {
            "long": 11528.41,
            "short": 50136.93,
            "gross": 61665.34,
            "net": -38608.52,
            "unknown": ["8a4b2d6e-53a1-4a57-9f0e-3f1b6a1f9c04"],
        },
    },
    "by_sector": {"technology": GROUP},
    "by_tag": {"Hedge": GROUP},
    "by_option": {"PUT": GROUP},
    "by_underlying": {"SOUN": GROUP},
    "portfolio_beta": None,
    "benchmark": "SPY",
    "betas": [
        {
            "benchmark": "SPY",
            "weighted": {
                "long": 11528.41,
                "short": 50136.93,
                "gross": 61665.34,
                "net": -38608.52,
                "unknown": ["8a4b2d6e-53a1-4a57-9f0e-3f1b6a1f9c04"],
            },
            "beta": None,
        }
    ],
    "concentration": {
        "weights": {"SOUN": 0.6553, "NVAX": 0.344, "XYZQ": 0.0007},
        "hhi": 0.5477,
        "effective_names": 1.8257,
    },
    "top_ten": 1.0,
    "sector_weights": [
        {"sector": "consumer_discretionary", "title": "Consumer", "held": 0.0, "universe": 0.1282, "active": -0.1282},
        {"sector": "energy", "title": "Energy", "held": 0.0, "universe": 0.1667, "active": -0.1667},
    ],
    "universe_by": "market value",
}
FACTORS: dict[str, Any] = {
    "basis": BASIS,
    "missing": [
        {
            "key": "8a4b2d6e-53a1-4a57-9f0e-3f1b6a1f9c04",
            "symbol": "XYZQ",
            "what": "returns",
            "reason": "its stock is not among the instruments here",
        }
    ],
    "factors": [
        {
            "name": "Market Beta",
            "description": "Exposure to overall market movements",
            "proxy": "SPY",
            "factor_type": "macro",
            "used": True,
            "reason": "",
            "beta": -0.0657,
            "low": -0.13,
            "high": 0.0159,
            "standard_error": 0.0394,
            "alone": -0.3978,
            "vif": 30.4474,
            "dollars": -6375.57,
            "share": 0.0425,
        },
        {
            "name": "Short Interest",
            "description": "Custom calculation based on short interest",
            "proxy": "CUSTOM",
            "factor_type": "macro",
            "used": False,
            "reason": "the universe's short interest is known for 0 of 120 sessions",
            "beta": None,
            "low": None,
            "high": None,
            "standard_error": None,
            "alone": None,
            "vif": None,
            "dollars": None,
            "share": None,
        },
    ],
    "reason": "",
    "penalty": 0.1,
    "observations": 252,
    "common": 252,
    "short_sample": False,
    "r_squared": 0.2823,
    "condition": 16.1489,
    "coverage": 0.9993,
    "volatility": {
        "total": 0.113,
        "factor": 0.058,
        "specific": 0.0969,
        "factor_share": 0.2639,
        "value_at_risk": 0.0117,
    },
    "short_interest": {
        "exposure": -0.2996,
        "weighed": 0.9993,
        "days": 0,
        "in_regression": False,
        "reason": "the universe's short interest is known for 0 of 120 sessions",
    },
}
RATIOS: dict[str, Any] = {
    "basis": BASIS,
    "ratios": {
        "observations": 90,
        "cumulative_return": -0.0369,
        "annual_return": -0.1,
        "volatility": 0.184,
        "sharpe": -0.4819,
        "sortino": -0.7121,
        "calmar": -0.8109,
        "max_drawdown": -0.1233,
        "beta": -0.2057,
        "alpha": -0.1429,
        "value_at_risk": -0.0175,
        "conditional_value_at_risk": -0.0203,
    },
    "reasons": {},
    "first": "2026-04-15",
    "last": "2026-08-21",
    "benchmarks": [
        {"symbol": "SPY", "beta": -0.2057, "alpha": -0.1429, "observations": 90},
        {"symbol": "IWM", "beta": -0.1995, "alpha": -0.1313, "observations": 90},
    ],
    "expected_beta": None,
    "peak": "2026-05-21",
    "trough": "2026-08-06",
    "recovery": None,
}
CLUSTERS: dict[str, Any] = {
    "basis": BASIS,
    "missing": [
        {
            "key": "8a4b2d6e-53a1-4a57-9f0e-3f1b6a1f9c04",
            "symbol": "XYZQ",
            "what": "returns",
            "reason": "its stock is not among the instruments here",
        }
    ],
    "names": ["NVAX", "SOUN"],
    "correlation": [[1.0, 0.2], [0.2, 1.0]],
    "clusters": [
        {"names": ["SOUN"], "weight": -0.281, "gross": 0.281, "mean_correlation": None},
        {"names": ["NVAX"], "weight": 0.1475, "gross": 0.1475, "mean_correlation": None},
    ],
    "shrinkage": 0.1849,
    "effective_bets": 1.6226,
}
STRESS: dict[str, Any] = {
    "basis": BASIS,
    "benchmark": "SPY",
    "outcomes": [
        {
            "scenario": {
                "name": "Market -10 %",
                "market": -0.1,
                "sectors": {},
                "volatility": 0.1,
                "rates": 0.0,
                "shocks": {},
            },
            "pnl": 3879.49,
            "pct": 0.04,
            "positions": [
                {"key": "8a4b2d6e-53a1-4a57-9f0e-3f1b6a1f9c01", "symbol": "NVAX", "pnl": -1152.84},
                {"key": "8a4b2d6e-53a1-4a57-9f0e-3f1b6a1f9c03", "symbol": "SOUN261218P00030000", "pnl": 1318.48},
                {"key": "8a4b2d6e-53a1-4a57-9f0e-3f1b6a1f9c02", "symbol": "SOUN", "pnl": 3713.85},
            ],
            "by_sector": {"healthcare": -1152.84, "technology": 5032.33},
            "missing": [
                {
                    "key": "8a4b2d6e-53a1-4a57-9f0e-3f1b6a1f9c04",
                    "symbol": "XYZQ",
                    "what": "stress",
                    "reason": "its beta is unknown",
                }
            ],
        }
    ],
}
OWN_SCENARIOS: dict[str, Any] = {
    "scenarios": [
        {"name": "AI breaks", "shocks": {"SOUN": -0.35, "BBAI": -0.3}},
        {"name": "Crash", "market": -0.2, "sectors": {"technology": -0.1}, "volatility": 0.2, "rates": -0.01},
    ]
}
LIGHT: dict[str, Any] = {
    "basis": BASIS,
    "missing": [],
    "positions": [
        {
            "key": "8a4b2d6e-53a1-4a57-9f0e-3f1b6a1f9c02",
            "symbol": "SOUN",
            "underlying": "SOUN",
            "position_type": "SHORT",
            "sector": "technology",
            "dollars": -20205.5,
            "colour": "dark_green",
            "verb": "DO NOT SHORT",
            "confidence": 0.7,
            "with_light": -1.0,
            "stock": {
                "free_float": 40000000.0,
                "short_percent": 25.0,
                "days_to_cover": None,
                "halted_since": None,
                "theme": None,
                "temperature": None,
                "squeeze": None,
                "manipulation": None,
                "reasons": {
                    "days_to_cover": "no reading",
                    "theme": "no reading",
                    "temperature": "no reading",
                    "squeeze": "no reading",
                    "manipulation": "no reading",
                },
            },
        }
    ],
    "long_shares": {"light_red": 0.9979, "no_sector": 0.0021},
    "short_shares": {"dark_green": 1.0},
    "long_gross": 14348.26,
    "short_gross": 27277.42,
    "agreement": -0.5451,
    "light_adjusted_net": -18139.01,
    "headlines": ["100 % of short gross sits in DO NOT SHORT", "100 % of long gross sits in GOOD SHORT"],
    "warnings": [
        {
            "code": "against_light",
            "severity": "high",
            "key": "8a4b2d6e-53a1-4a57-9f0e-3f1b6a1f9c03",
            "message": "Short SOUN in a sector that says DO NOT SHORT",
        }
    ],
    "light_as_of": "2026-08-21T20:00:00Z",
    "light_simulated": True,
    "reason": "",
}
