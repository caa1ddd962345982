"""Examples of the books' API, shown in its documentation."""

from __future__ import annotations

from typing import Any

POSITION: dict[str, Any] = {
    "id": "8a4b2d6e-53a1-4a57-9f0e-3f1b6a1f9c01",
    "symbol": "SOUN",
    "underlying_symbol": "SOUN",
    "sector": "technology",
    "position_type": "SHORT",
    "quantity": "500.0000",
    "multiplier": "1.0000",
    "deliverable_shares": "1.0000",
    "deliverable_cash": "0.00",
    "deliverable_note": "",
    "expiration_date": None,
    "strike_price": None,
    "option_type": "",
    "entry_price": "9.4000",
    "entry_date": "2026-08-17",
    "funding": "trade",
    "cost_basis": "4700.00",
    "last_price": "8.1000",
    "last_price_at": "2026-08-21T20:00:00Z",
    "last_price_source": "close",
    "market_value": "-4050.00",
    "unrealized_pnl": "650.00",
    "unrealized_pnl_pct": "0.1383",
    "closed_on": None,
    "closing_price": None,
    "closing_reason": "",
    "realized_pnl": None,
    "part_of": None,
    "tags": ["Hedge"],
    "note": "",
    "created_at": "2026-08-17T14:02:11Z",
    "updated_at": "2026-08-21T20:16:00Z",
    "deleted_at": None,
}
CLOSED = POSITION | {
    "last_price": "8.1000",
    "market_value": None,
    "unrealized_pnl": None,
    "unrealized_pnl_pct": None,
    "closed_on": "2026-08-21",
    "closing_price": "8.0500",
    "closing_reason": "traded",
    "realized_pnl": "675.00",
}
CREATE = {
    "symbol": "AAPL261218C00250000",
    "quantity": "-2",
    "entry_price": "12.40",
    "entry_date": "2026-08-20",
    "fees": "1.30",
    "tags": ["Income"],
}
CHANGE = {"quantity": "400", "tags": ["Hedge", "AI"]}
CLOSING = {"price": "8.05", "quantity": "100", "fees": "1.00"}
PORTFOLIO: dict[str, Any] = {
    "id": "0d0c7f0c-0f4a-4f0b-8f3a-2f1d9b1c7e11",
    "name": "My Portfolio",
    "cash": "104700.00",
    "long_value": "52000.00",
    "short_value": "4050.00",
    "gross_exposure": "56050.00",
    "net_exposure": "47950.00",
    "total_value": "152650.00",
    "capital": "150000.00",
    "realized_pnl": "0.00",
    "unrealized_pnl": "2650.00",
    "income": "0.00",
    "fees": "0.00",
    "total_pnl": "2650.00",
    "open_positions": 2,
    "closed_positions": 0,
    "unpriced": 0,
    "priced_at": "2026-08-21T20:00:00Z",
    "snapshot_date": None,
}
TAG = {
    "id": "5e1b9b52-3d5a-4c3e-8f7b-7a0d3f6f2a10",
    "name": "Hedge",
    "tag_type": "STRATEGY",
    "color": "#0EA5E9",
    "usage_count": 3,
    "created_at": "2026-08-17T14:02:11Z",
    "updated_at": "2026-08-17T14:02:11Z",
    "deleted_at": None,
}
FLOW: dict[str, Any] = {
    "id": "c2b7a4a4-6a5e-4f0e-9a51-7f7d5b0f1b42",
    "kind": "deposit",
    "leg": "",
    "flowed_on": "2026-08-17",
    "amount": "150000.00",
    "in_kind": "0.00",
    "position": None,
    "symbol": None,
    "note": "",
    "created_at": "2026-08-17T14:00:00Z",
    "updated_at": "2026-08-17T14:00:00Z",
    "deleted_at": None,
}
BATCH: dict[str, Any] = {
    "id": "b1f2c8c4-0c44-4d0a-8f4b-0f6a2f7f8d77",
    "file_name": "positions.csv",
    "size": 154,
    "sha256": "3f7a1d0c0d6a4f6e9a3a5d2e6b1c8f7a9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6",
    "preset": "template",
    "state": "preview",
    "rows": 0,
    "problems": 1,
    "duplicates": 0,
    "created_count": 0,
    "job_run_id": None,
    "created_at": "2026-08-21T14:00:00Z",
    "ended_at": None,
}
PREVIEW: dict[str, Any] = BATCH | {
    "options": {
        "preset": "",
        "mapping": {},
        "day_first": False,
        "decimal_comma": False,
        "skip_rows": [],
        "funding": "transfer",
    },
    "preview": {
        "encoding": "utf-8",
        "separator": ",",
        "imported_before": None,
        "columns": [{"name": "ticker", "sample": ["AAPL", "TSLA"]}],
        "rows": [],
        "problems": [{"row": 3, "field": "quantity", "reason": "'abc' is not a number"}],
        "ignored": [],
    },
}
CONFIRMED = BATCH | {
    "state": "confirmed",
    "rows": 3,
    "problems": 0,
    "duplicates": 1,
    "created_count": 2,
    "ended_at": "2026-08-21T14:01:00Z",
}
PRESET = {
    "name": "schwab",
    "label": "Charles Schwab transactions",
    "kind": "trades",
    "columns": {"date": ["date"], "action": ["action"], "symbol": ["symbol"]},
}
