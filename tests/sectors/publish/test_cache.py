"""What is kept in Valkey: keys of the run, times of the requirement, hits counted, the database behind it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from sectors import cache, publish
from sectors.models import SectorRun
from sentiment_site.live import publish as live_publish
from sentiment_site.live.publish import client as valkey_client
from sentiment_site.market import clock
from sentiment_site.services.ports import next_free
from sentiment_site.services.servers import Valkey, valkey
from tests.factories import ALL_SYMBOLS, Market
from tests.sectors.conftest import HALF_HOUR, TEN, analyse

pytestmark = pytest.mark.django_db

REQUIRED = {
    "sector_grid": ("sector:grid:current", 1800),
    "sector_detail": ("sector:{sector}:detail", 900),
    "top_stocks": ("sector:{sector}:top_stocks", 600),
    "universe_list": ("universe:stocks:current", 86_400),
    "performance_matrix": ("perf:multi_timeframe", 300),
    "background_status": ("analysis:background:status", 60),
}


class Builder:
    """Counts how often the value had to be made."""

    def __init__(self, value: Any) -> None:
        self.value, self.calls = value, 0

    def __call__(self) -> Any:
        self.calls += 1
        return self.value


def counts(kind: str) -> tuple[int, int]:
    found = next(each for each in cache.read_counts() if each.kind == kind)
    return found.hits, found.misses


def test_the_requirements_keys_and_times_are_all_there() -> None:
    assert {kind.name: (kind.required_key, kind.ttl_s) for kind in cache.KINDS.values()} == REQUIRED
    assert all("{run}" in kind.key for kind in cache.KINDS.values())
    keys = {kind.key.format(run=1, key="k") for kind in cache.KINDS.values()}
    assert len(keys) == len(cache.KINDS)


def test_a_value_is_made_once_and_is_the_same_afterwards() -> None:
    build = Builder({"rows": [1, 2.5, None, True, "é"], "empty": {}})
    first = cache.cached_json("sector_detail", 7, "technology", build)
    second = cache.cached_json("sector_detail", 7, "technology", build)
    assert first == second == build.value
    assert (build.calls, counts("sector_detail")) == (1, (1, 1))
    assert 0 < valkey_client().ttl("sectors:detail:7:technology") <= 900


def test_what_is_built_comes_back_as_what_is_kept() -> None:
    build = Builder({"pair": (1, 2), 3: "number keys"})
    first = cache.cached_json("top_stocks", 7, "x", build)
    assert first == {"pair": [1, 2], "3": "number keys"} == cache.cached_json("top_stocks", 7, "x", build)


def test_another_run_another_sector_and_another_kind_are_other_values() -> None:
    for place, (kind, run, key) in enumerate(
        [
            ("sector_detail", 7, "technology"),
            ("sector_detail", 8, "technology"),
            ("sector_detail", 7, "energy"),
            ("top_stocks", 7, "technology"),
        ]
    ):
        assert cache.cached_json(kind, run, key, Builder(place)) == place


@pytest.mark.parametrize("value", [Decimal("1.5"), {"at": TEN}, {1, 2}, float("nan"), {"x": float("inf")}])
def test_only_plain_values_are_kept(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        cache.cached_json("sector_detail", 7, "technology", Builder(value))
    assert valkey_client().get("sectors:detail:7:technology") is None


def test_an_unknown_kind_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        cache.cached_json("weather", 7, "x", Builder(1))


def test_rubbish_is_made_anew() -> None:
    valkey_client().set("sectors:matrix:7:x", b"\xff not json")
    assert cache.cached_json("performance_matrix", 7, "x", Builder([1])) == [1]
    assert cache.cached_json("performance_matrix", 7, "x", Builder([2])) == [1]


def test_a_publication_leaves_nothing_stale(
    market: Market, published: SectorRun, django_capture_on_commit_callbacks: Any
) -> None:
    before = publish.get_live_grid()
    assert cache.cached_json("sector_detail", before.seq, "energy", Builder("old")) == "old"
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 150))
    with clock.frozen(TEN + timedelta(minutes=61)), django_capture_on_commit_callbacks(execute=True):
        newer = analyse()
    after = publish.get_live_grid()
    assert after.seq == newer.pk and after.html != before.html
    assert cache.cached_json("sector_detail", after.seq, "energy", Builder("new")) == "new"


def test_the_grids_hits_are_counted(published: SectorRun) -> None:
    for _ in range(19):
        publish.get_live_grid()
    assert counts("sector_grid") == (19, 0)
    valkey_client().delete(publish.CURRENT)
    publish.get_live_grid()
    valkey_client().delete(f"fragment:sectors:grid:{published.pk}")
    publish.get_live_grid()
    assert counts("sector_grid") == (19, 2)


def test_days_are_counted_apart_and_forgotten() -> None:
    cache.cached_json("sector_detail", 7, "technology", Builder(1))
    today = clock.wall().date()
    assert 0 < valkey_client().ttl(cache._counts_key(today)) <= 8 * 86_400
    yesterday = cache.read_counts(today - timedelta(days=1))
    assert {(each.hits, each.misses, each.rate) for each in yesterday} == {(0, 0, None)}


def test_the_report(capsys: Any) -> None:
    for _ in range(4):
        cache.cached_json("sector_detail", 7, "technology", Builder(1))
    call_command("cache_report")
    lines = capsys.readouterr().out.splitlines()
    line = next(line for line in lines if line.startswith("sector_detail"))
    assert line.split() == ["sector_detail", "sector:{sector}:detail", "900", "3", "1", "75.0", "%"]
    assert lines[-1] == "goal: more than 95 % hits"
    call_command("cache_report", "--day", "2026-01-02")
    assert "–" in capsys.readouterr().out


def test_the_health_page_tells_the_rates(client: Client) -> None:
    for _ in range(4):
        cache.cached_json("sector_detail", 7, "technology", Builder(1))
    answer = client.get("/health/cache")
    assert answer.status_code == 200
    detail = answer.json()["checks"]["cache"]["detail"]
    assert set(detail) == set(REQUIRED)
    assert detail["sector_detail"] == {"hits": 3, "misses": 1, "rate": 0.75}
    assert detail["top_stocks"]["rate"] is None


@pytest.fixture
def mortal(tmp_path: Path, settings: Any) -> Iterator[Valkey]:
    """A Valkey of this test's own."""
    tmp_path.chmod(0o755)
    server = valkey(tmp_path, port=next_free(0), password="mortal", durable=False)
    server.start()
    settings.REDIS_URL = server.url
    live_publish.client.cache_clear()
    yield server
    server.stop()


def test_with_valkey_dead_everything_is_made_and_nothing_breaks(mortal: Valkey, published: SectorRun) -> None:
    build = Builder({"a": 1})
    cache.cached_json("sector_detail", 7, "technology", build)
    before = publish.get_live_grid()
    assert mortal.process is not None
    mortal.process.kill()
    mortal.process.wait()
    mortal.stop()
    assert cache.cached_json("sector_detail", 7, "technology", build) == {"a": 1}
    assert build.calls == 2
    assert publish.get_live_grid() == before
    with pytest.raises(CommandError, match="Valkey does not answer"):
        call_command("cache_report")
    mortal.start()
    assert cache.cached_json("sector_detail", 7, "technology", build) == {"a": 1}
    assert build.calls == 3  # it came back empty
    assert cache.cached_json("sector_detail", 7, "technology", build) == {"a": 1} and build.calls == 3
