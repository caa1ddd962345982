"""alternative.me's index: strings, order, bounds, and what it follows (upstreams.md 3.2)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from sentiment_site.market import clock
from sentiment_site.simulator.crypto.market import DAY
from sentiment_site.simulator.crypto.sentiment import classify
from tests.simulator.client import Client
from tests.simulator.conftest import NOON

pytestmark = pytest.mark.usefixtures("noon")
MIDNIGHT = int(NOON.timestamp()) // DAY * DAY


def ask(client: Client, query: str = "") -> dict[str, Any]:
    reply = client.ask("GET", f"/alternative/fng/{query}")
    assert reply.status == 200
    return reply.json()


def test_rows_are_strings_newest_first(client: Client) -> None:
    body = ask(client, "?limit=10")
    assert body["name"] == "Fear and Greed Index" and body["metadata"] == {"error": None}
    rows = body["data"]
    assert [int(row["timestamp"]) for row in rows] == [MIDNIGHT - day * DAY for day in range(10)]
    assert rows[0]["time_until_update"] == str(DAY - (17 * 3600 + 7 * 60 + 30))
    assert all("time_until_update" not in row for row in rows[1:])
    assert all(isinstance(value, str) for row in rows for value in row.values())
    assert len(ask(client)["data"]) == 1


def test_the_whole_history_follows_the_market(client: Client) -> None:
    rows = ask(client, "?limit=0")["data"]
    assert len(rows) == 1098  # three years before the anchor, the anchor and the day after
    values = np.array([int(row["value"]) for row in rows], dtype=float)
    assert all(row["value_classification"] == classify(int(row["value"])) for row in rows)
    assert 5 <= values.min() < 25 and 75 < values.max() <= 95
    assert 15 < values.std() < 27 and 4 < np.diff(values).std() < 11  # published since 2018: 21.6 and 6.6
    crypto = client.application.world.crypto
    at = np.array([int(row["timestamp"]) for row in rows])[::-1]
    price = np.log(crypto.series(0, at).price)
    month = price[30:] - price[:-30]
    assert np.corrcoef(month, values[::-1][30:])[0, 1] > 0.6


def test_a_published_value_stays(client: Client, noon: clock.Frozen) -> None:
    earlier = ask(client, "?limit=0")["data"]
    noon.move_to(NOON + dt.timedelta(days=2))
    later = ask(client, "?limit=0")["data"]
    assert [row["value"] for row in later[2:]] == [row["value"] for row in earlier]


def test_other_forms(client: Client) -> None:
    dated = ask(client, "?limit=2&date_format=world")["data"]
    assert [row["timestamp"] for row in dated] == ["02-12-2025", "01-12-2025"] and "time_until_update" not in dated[0]
    text = client.ask("GET", "/alternative/fng/?limit=2&format=csv&date_format=us").body.decode()
    assert f"12-02-2025,{dated[0]['value']},{dated[0]['value_classification']}\n" in text
    bad = client.ask("GET", "/alternative/fng/?limit=many")
    assert bad.status == 400 and bad.json()["data"] == [] and "limit" in bad.json()["metadata"]["error"]


_EDGES = [(25, "Extreme Fear"), (26, "Fear"), (46, "Fear"), (47, "Neutral"), (54, "Neutral"), (55, "Greed"),
          (75, "Greed"), (76, "Extreme Greed")]  # fmt: skip


@pytest.mark.parametrize(("value", "name"), _EDGES)
def test_names_change_where_the_published_ones_do(value: int, name: str) -> None:
    assert classify(value) == name
