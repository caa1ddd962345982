"""The truth is written for evaluation, says what really happened, and appears on no wire."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sentiment_site.market import clock
from sentiment_site.simulator import truth
from sentiment_site.simulator.documents.document import Channel
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.market.process import Market
from sentiment_site.simulator.stories.grid import slot_begins
from sentiment_site.simulator.stories.story import Kind
from sentiment_site.simulator.world import build_world
from sentiment_site.simulator.wsgi import Application
from tests.simulator.client import Client
from tests.simulator.conftest import NOON
from tests.simulator.stories.conftest import ANCHOR

WORLD = ["--seed", "4", "--names", "300", "--sessions", "40", "--anchor", "2025-12-01", "--stories", "3"]
UNTIL = ["--until", "2025-12-01T18:00"]
_STORY_ID = re.compile(rb"\b(?:%s)-20\d\d-\d\d-\d\d-\d+" % "|".join(Kind).encode())
_TRUTH_WORDS = re.compile(
    rb'"(?:bot|story|copy_of|wrong|amplitude|accumulation|dumped_share|posts_factor|is_bot)"\s*:|\bbot=', re.IGNORECASE
)


@pytest.fixture(scope="module")
def written() -> dict[str, list[dict[str, object]]]:
    market = Market(Parameters(ANCHOR, 4, 300, 40, stories=3.0))
    told = truth.tell(market, dt.datetime(2025, 12, 1, 18, tzinfo=dt.UTC))
    return json.loads(json.dumps(told, default=truth._plain))  # type: ignore[no-any-return]


def test_two_processes_write_the_same(written: dict[str, object], tmp_path: Path) -> None:
    out = tmp_path / "truth.json"
    command = [sys.executable, "-m", "sentiment_site.simulator.truth", *WORLD, *UNTIL, "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert json.loads(out.read_text()) == written


def test_it_holds_the_parameters_and_what_has_begun(written: dict[str, object]) -> None:
    assert written["parameters"] == {
        "anchor": "2025-12-01", "seed": 4, "names": 300, "sessions": 40, "delay_s": 900, "alpha_4h": 0.0,
        "stories": 3.0, "texts": "tune",
    }  # fmt: skip
    begun = [story["begins"] for story in written["stories"]]
    assert begun == sorted(begun) and begun[-1] <= "2025-12-01T18:00:00+00:00"
    assert {"pump", "theme", "earnings", "storm"} <= {story["kind"] for story in written["stories"]}


def test_realised_moves_are_those_of_the_market(written: dict[str, object]) -> None:
    market = Market(Parameters(ANCHOR, 4, 300, 40, stories=3.0))
    market.generate_until(NOON)
    pumps = [story for story in written["stories"] if story["kind"] == "pump"]
    ended = [story for story in pumps if story["ends"] < "2025-12-01"]
    assert len(ended) > 5
    for story in ended:
        member = story["members"][0]
        row = market.listing.row_of[member["symbol"]]
        begins, ends = dt.datetime.fromisoformat(member["begins"]), dt.datetime.fromisoformat(story["ends"])
        # runs and dumps begin and end with a slot
        path = np.cumsum([float(day.moves[row, slot]) for day in market.days for slot in range(day.moves.shape[1])
                          if begins <= slot_begins(day.session, slot) < ends])  # fmt: skip
        assert member["realised"]["last_log_move"] == pytest.approx(path[-1], abs=1e-5)
        assert member["realised"]["peak_log_move"] == pytest.approx(path.max(), abs=1e-5)
        assert begins < dt.datetime.fromisoformat(member["realised"]["peak_at"]) <= ends
    excess = [story["members"][0]["realised"]["peak_excess_log_move"] - np.log1p(story["members"][0]["amplitude"])
              for story in ended]  # fmt: skip
    assert abs(np.median(excess)) < 0.25  # the planted run shows, with the noise of its days on it


def test_a_member_whose_first_slot_is_not_over_has_no_realised_move() -> None:
    market = Market(Parameters(ANCHOR, 4, 300, 40, stories=3.0))
    market.generate_until(NOON)
    story = next(story for story in market.script.stories if story.kind is Kind.PUMP)
    run = story.members[0].begins
    assert truth.realised(market, story, story.members[0], run) is None
    first = truth.realised(market, story, story.members[0], run + dt.timedelta(days=1))
    assert first is not None and first["peak_at"] > run


def test_it_can_be_narrowed_to_a_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert truth.main([*WORLD, *UNTIL, "--kind", "pump", "--kind", "theme"]) == 0
    assert {story["kind"] for story in json.loads(capsys.readouterr().out)["stories"]} == {"pump", "theme"}


@pytest.mark.parametrize("wrong", [["--kind", "rumour"], ["--stories", "-1"], ["--until", "soon"], ["--colour"]])
def test_a_bad_command_line_ends_with_two(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as error:
        truth.main([*WORLD, *wrong])
    assert error.value.code == 2


def test_no_url_carries_the_truth() -> None:
    """Walks the vendors of a market full of stories and looks for ids, flags and planted numbers."""
    with clock.frozen(NOON):
        client = Client(Application(Parameters(ANCHOR, seed=4, names=300, sessions=40, stories=3.0)))
        market = client.application.world.tape.market
        pump = next(story for story in market.script.stories if story.kind is Kind.PUMP)
        symbol = pump.members[0].symbol
        walked = 0
        for path in _polygon(symbol):
            walked += _is_clean(client.polygon(path).status, client.polygon(path).body, path)
        for path in (f"/profile?symbol={symbol}", "/company-screener?limit=5000", f"/shares-float?symbol={symbol}",
                     "/shares-float-all?limit=5000"):  # fmt: skip
            walked += _is_clean(client.fmp(path).status, client.fmp(path).body, path)
        assert walked == len(_polygon(symbol)) + 4
        agent = {"HTTP_USER_AGENT": "linux:tests:1 (by /u/tests) tests@example.org"}
        bearer = {"HTTP_AUTHORIZATION": "Bearer some-key"}
        token = client.ask("POST", "/reddit/api/v1/access_token", b"grant_type=client_credentials",
                           HTTP_AUTHORIZATION="Basic aWQ6c2VjcmV0", CONTENT_TYPE="application/x-www-form-urlencoded",
                           **agent).json()["access_token"]  # fmt: skip
        asked = [(path, {**agent, "HTTP_AUTHORIZATION": f"bearer {token}"}) for path in _REDDIT]
        asked += [(path, bearer) for path in _X] + [(path, agent) for path in (*_EDGAR, *_RSS)]
        for path, headers in asked:
            reply = client.ask("GET", path.replace("SYM", symbol), **headers)
            assert _is_clean(reply.status, reply.body, path), (path, reply.status, reply.body[:200])
        for path in ("/healthz", "/faults", "/truth", "/polygon/truth", "/stories"):
            reply = client.ask("GET", path, HTTP_X_CONTROL="1", HTTP_AUTHORIZATION="Bearer some-key")
            _is_clean(200, reply.body, path)


_REDDIT = ("/reddit/r/all/new?limit=100", "/reddit/r/all/search?q=SYM&limit=100")
_X = (
    "/x/2/tweets/search/recent?query=%24SYM&max_results=100&tweet.fields=created_at,public_metrics,author_id"
    "&expansions=author_id&user.fields=created_at,public_metrics",
    "/x/2/tweets/counts/recent?query=%24SYM",
)
_EDGAR = (
    "/edgar/cgi-bin/browse-edgar?action=getcurrent&output=atom&count=100",
    "/edgar/files/company_tickers.json",
    "/edgar/LATEST/search-index?q=offering",
)
_RSS = ("/rss/news.xml", "/rss/symbol.xml?s=SYM", "/rss/macro.xml", "/rss/halts.xml")


def test_the_documents_of_a_span_are_told_with_what_they_are() -> None:
    world = build_world(Parameters(ANCHOR, 4, 300, 40, stories=3.0))
    told = truth.tell_documents(world.documents, NOON - dt.timedelta(days=10), NOON)
    stories = {story.id for story in world.tape.market.script.stories}
    assert {document["story"] for document in told} - {""} <= stories
    assert {document["channel"] for document in told} == set(Channel)
    ids = {document["id"] for document in told}
    copies = [document for document in told if document["copy_of"]]
    assert len(copies) > 20 and any(document["copy_of"] in ids for document in copies)
    assert any(document["wrong"] for document in told) and any(document["bot"] for document in told)


def _polygon(symbol: str) -> tuple[str, ...]:
    return (
        "/v3/reference/tickers?limit=1000", f"/v3/reference/tickers/{symbol}", "/v3/reference/tickers/types",
        "/v2/aggs/grouped/locale/us/market/stocks/2025-11-26", f"/v2/aggs/ticker/{symbol}/prev",
        f"/v2/aggs/ticker/{symbol}/range/30/minute/2025-11-20/2025-12-02", "/stocks/v1/splits?limit=5000",
        "/v2/snapshot/locale/us/markets/stocks/tickers", f"/v2/snapshot/locale/us/markets/stocks/tickers/{symbol}",
        "/stocks/v1/short-interest?limit=5000", "/stocks/vX/float?limit=5000", "/v1/marketstatus/now",
        "/v2/reference/news?limit=1000", f"/v2/reference/news?ticker={symbol}",
    )  # fmt: skip


def _is_clean(status: int, body: bytes, path: str) -> bool:
    assert not _STORY_ID.search(body), path
    assert not _TRUTH_WORDS.search(body), path
    return status == 200
