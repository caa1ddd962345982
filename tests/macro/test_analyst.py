"""The second opinion: what is asked, what is believed of it, what it may cost, and how it is replayed."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response
from werkzeug.serving import make_server

from macro import tasks
from macro.analysis import run_analysis
from macro.analyst import opinion as opinions
from macro.analyst.check import Claim, as_stored, check_answer, check_text, list_pieces
from macro.analyst.facts import Fact, list_facts
from macro.analyst.opinion import (
    NotAsked,
    ask_about_newest,
    ask_again,
    ask_opinion,
    build_question,
    clean_answer,
    dearest_price,
    price_of,
    spent_on,
)
from macro.charts.series import Charts
from macro.models import MacroOpinion, MacroSentimentAnalysis
from sentiment_site.jobs.context import Skip
from sentiment_site.jobs.models import JobRun
from sentiment_site.market import clock
from sentiment_site.providers.http import Http, VendorConfig
from sentiment_site.providers.llm import Llm
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.wsgi import Application

from .stored import NOW, store_market

FACTS = (
    Fact("btc_price", 117_843.0, 0),
    Fact("btc_dominance_percent", 58.24, 1),
    Fact("macro_score", 68.1, 1),
    Fact("alt_trend", -0.314, 2),
    Fact("btc_under_year_high_percent", -12.3, 1),
    Fact("alt_season_score", 0.64, 2),
    Fact("btc_trend", 0.61, 2),
    Fact("alts_against_bitcoin_trend", 0.92, 2),
)


def verdicts(text: str) -> list[tuple[str, str, str]]:
    return [(claim.text, claim.verdict, claim.fact) for claim in check_text("summary", text, FACTS)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The macro score is 68.1.", [("68.1", "right", "macro_score")]),
        ("A macro score of 68 is firm.", [("68", "right", "macro_score")]),
        ("The macro score is 79.7.", [("79.7", "wrong", "macro_score")]),
        # another figure's number under this one's name
        ("The macro score is 58.2.", [("58.2", "wrong", "macro_score")]),
        ("BTC price of $117,843 holds.", [("$117,843", "right", "btc_price")]),
        ("BTC price near 118k.", [("118k", "right", "btc_price")]),
        ("BTC price near 0.118 million.", [("0.118 million", "right", "btc_price")]),
        ("BTC price near 131k.", [("131k", "wrong", "btc_price")]),
        ("Dominance at 58.2 % is high.", [("58.2 %", "right", "btc_dominance_percent")]),
        ("It fell 12.3% below its high.", [("12.3%", "right", "btc_under_year_high_percent")]),
        ("It stands at +12.3%.", [("+12.3%", "unsupported", "")]),
        ("The alt trend is -0.31.", [("-0.31", "right", "alt_trend")]),
        ("The alt trend is −0.31.", [("−0.31", "right", "alt_trend")]),
        ("The alt trend is +0.31.", [("+0.31", "wrong", "alt_trend")]),
        ("An alt season score of 64 % leads.", [("64 %", "right", "alt_season_score")]),
        ("Alts against bitcoin's trend: 0.92.", [("0.92", "right", "alts_against_bitcoin_trend")]),
        ("Bitcoin's trend of 0.92.", [("0.92", "wrong", "btc_trend")]),
        ("Something is 42.7.", [("42.7", "unsupported", "")]),
        ("Over 30 days, in 2026 and on 2026-03-02 at 16:00.", [("30", "context", ""), ("2026", "context", "")]),
        ("A 200-day average; 68.1 of 100.", [("200", "context", ""), ("68.1", "right", "macro_score"),
                                             ("100", "context", "")]),
        ("Between 58.2 and 68.1 lies it.", [("58.2", "right", "btc_dominance_percent"),
                                             ("68.1", "right", "macro_score")]),
        ("Nothing is quoted here, not even T1 or v2.", []),
        ("", []),
    ],
)  # fmt: skip
def test_every_number_is_held_against_the_store(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert verdicts(text) == expected


def test_wrong_numbers_are_struck_where_they_stand() -> None:
    answer = {"summary": "The macro score is 79.7. BTC price is 117,843.", "evidence": ["Odd: 42.7.", 3], "risks": None}
    claims = check_answer(answer, FACTS)
    stored = json.loads(json.dumps(as_stored(claims)))
    pieces = list_pieces("summary", answer["summary"], stored)
    assert "".join(piece.text for piece in pieces) == answer["summary"]
    assert [(piece.text, piece.is_struck) for piece in pieces if piece.title] == [("79.7", True), ("117,843", False)]
    assert pieces[1].title == "Not so: macro score is 68.1."
    assert pieces[3].title == "btc price: 117,843"
    (odd,) = [piece for piece in list_pieces("evidence.0", "Odd: 42.7.", stored) if piece.is_struck]
    assert odd.title == "The store holds no such figure."
    # claims of another text are not put into this one
    assert [piece.text for piece in list_pieces("summary", "Changed.", stored)] == ["Changed."]
    assert list_pieces("risks.0", "", stored) == []
    assert list_pieces("summary", "68.1", as_stored(check_text("summary", "68.1", FACTS)))[0].text == "68.1"


def test_a_claim_that_is_context_is_shown_plainly() -> None:
    claim = Claim("summary", 0, 2, "30", 30.0, "", None, "context")
    assert not claim.is_struck
    assert [piece.text for piece in list_pieces("summary", "30 days", as_stored([claim]))] == ["30 days"]


SOUND: dict[str, Any] = {
    "market_regime": "ALT_SEASON", "trade_permission": "ACTIVE", "confidence": 140, "summary": " Fine. ",
    "evidence": ["One.", 2], "risks": None, "extra": "no",
}  # fmt: skip


def test_an_answer_is_brought_within_its_bounds() -> None:
    assert clean_answer(SOUND) == {
        "market_regime": "ALT_SEASON", "trade_permission": "ACTIVE", "confidence": 100, "summary": "Fine.",
        "evidence": ["One."], "risks": [],
    }  # fmt: skip
    for name, bad in (("market_regime", "BULL"), ("trade_permission", None), ("summary", "  "), ("summary", 3)):
        assert clean_answer(SOUND | {name: bad}) is None
    for odd in (None, "sure", True):
        cleaned = clean_answer(SOUND | {"confidence": odd})
        assert cleaned is not None and cleaned["confidence"] is None


def test_prices() -> None:
    assert price_of("claude-sonnet-5-5", 5_000, 300) == Decimal("0.013")
    assert price_of("claude-haiku-5-5", 1_000_000, 0) == Decimal("0.1")
    assert price_of("unheard-of", 1_000_000, 0) == Decimal(15)


# --- with a store and a vendor ---


@pytest.fixture
def analysis(db: None) -> Iterator[MacroSentimentAnalysis]:
    with clock.frozen(NOW):
        store_market(scans=12)
        yield run_analysis(NOW, trigger="scheduled")


@pytest.fixture
def vendor(httpserver: HTTPServer, settings: Any) -> Callable[..., Llm]:
    """A vendor that answers what it is given, the last answer for ever; `asked` holds the requests."""
    settings.ANALYST_USD_PER_DAY = 1.0

    def make(*answers: Response, key: str = "k") -> Llm:
        waiting, asked = list(answers), []

        def reply(request: Request) -> Response:
            asked.append(json.loads(request.get_data()))
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]

        httpserver.clear()
        httpserver.expect_request("/v1/messages", method="POST").respond_with_handler(reply)
        model = Llm(Http(VendorConfig("anthropic", httpserver.url_for(""), key, "header:x-api-key", 1000.0, 100,
                                      attempts=2, wait_initial_s=0.001, wait_max_s=0.002)))  # fmt: skip
        model.asked = asked  # type: ignore[attr-defined]
        return model

    return make


def says(answer: dict[str, Any] | str, reason: str = "end_turn", model: str = "claude-sonnet-5-5") -> Response:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    usage = {"input_tokens": 5000, "output_tokens": 400}
    whole = {"id": "msg_1", "type": "message", "model": model, "content": [{"type": "text", "text": text}],
             "stop_reason": reason, "usage": usage}  # fmt: skip
    return Response(json.dumps(whole), content_type="application/json")


def test_the_question_holds_figures_pictures_and_the_verdict(analysis: MacroSentimentAnalysis) -> None:
    question = build_question(analysis)
    assert question.charts.digest == analysis.chart_data_hash
    text = question.request.text
    assert f"market_regime: {analysis.market_regime}" in text
    assert f"macro_score: {analysis.macro_score:.1f}" in text
    assert f"- {analysis.reasons[0]['figure']} leads to {analysis.reasons[0]['leads_to']}" in text
    assert len(question.request.images) == 3
    names = [fact.name for fact in question.facts]
    assert len(set(names)) == len(names) >= 18
    assert question.digest == build_question(analysis).digest
    assert question.digest != build_question(analysis, "claude-opus-5-5").digest
    assert dearest_price(question.request) < Decimal("0.10")


def test_unknown_figures_are_left_out(analysis: MacroSentimentAnalysis) -> None:
    analysis.alt_season_index = None
    analysis.inputs = {}
    charts = build_question(analysis).charts
    short = Charts(*(getattr(charts, name)[-5:] for name in ("at", "price", "dominance", "strength", "estimated")), "x")
    assert "btc_price_change_30d_percent" not in {fact.name for fact in list_facts(analysis, short)}
    names = {fact.name for fact in list_facts(analysis, charts)}
    assert "alt_season_index" not in names and "btc_trend" not in names and "btc_price" in names


def test_an_opinion_is_stored_with_everything_it_rests_on(
    analysis: MacroSentimentAnalysis, vendor: Callable[..., Llm]
) -> None:
    answer = SOUND | {
        "market_regime": analysis.market_regime, "trade_permission": analysis.trade_permission,
        "summary": f"The macro score is {analysis.macro_score:.1f}. The btc price is 3.",
    }  # fmt: skip
    model = vendor(says(answer))
    found = ask_opinion(analysis, model)
    assert isinstance(found, MacroOpinion) and found.state == "done"
    found.refresh_from_db()
    assert (found.agrees, found.model, found.prompt_version) == (True, "claude-sonnet-5-5", "crypto-2")
    assert (found.input_tokens, found.output_tokens, found.cost_usd) == (5000, 400, Decimal("0.014"))
    assert found.request_hash == build_question(analysis).digest
    assert [claim["verdict"] for claim in found.claims] == ["right", "wrong"]
    assert (found.started_at, found.ended_at, found.is_simulated) == (NOW, NOW, True)
    before = MacroSentimentAnalysis.objects.get(pk=analysis.pk)
    assert before.ai_reasoning == analysis.ai_reasoning and before.model_used == "deterministic-v1"
    # asked the very same again, nobody is asked
    assert ask_opinion(analysis, model) == found
    assert len(model.asked) == 1  # type: ignore[attr-defined]
    assert ask_about_newest(model) == found


def test_it_may_disagree_and_overrides_nothing(analysis: MacroSentimentAnalysis, vendor: Callable[..., Llm]) -> None:
    found = ask_opinion(analysis, vendor(says(SOUND | {"market_regime": "BEAR_MARKET"})))
    assert isinstance(found, MacroOpinion) and found.agrees is False
    assert MacroSentimentAnalysis.objects.get().market_regime == analysis.market_regime != "BEAR_MARKET"


@pytest.mark.parametrize(
    ("answers", "rows"),
    [
        ([says('{"market', "max_tokens"), says(SOUND)], ["the answer was cut short", ""]),
        ([says('{"market', "max_tokens")], ["the answer was cut short", "the answer was cut short"]),
        ([says("", "refusal")], ["no usable answer: it ended with refusal"]),
        ([says({"market_regime": "BULL"})], ["no usable answer: it ended with end_turn"]),
        ([Response('{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', 529)],
         ["anthropic: 529 vendor failed at /v1/messages: overloaded_error Overloaded"]),
    ],
)  # fmt: skip
def test_failures_are_rows_with_reason_and_price(
    analysis: MacroSentimentAnalysis, vendor: Callable[..., Llm], answers: list[Response], rows: list[str]
) -> None:
    model = vendor(*answers)
    found = ask_opinion(analysis, model)
    stored = list(MacroOpinion.objects.order_by("pk"))
    assert [row.reason for row in stored] == rows and found == stored[-1]
    assert [row.state for row in stored] == ["failed" if row.reason else "done" for row in stored]
    rooms = [asked["max_tokens"] for asked in model.asked]  # type: ignore[attr-defined]
    assert rooms == ([4000, 8000] if len(rows) == 2 else [4000] * len(rooms))
    paid = sum(row.cost_usd for row in stored)
    assert paid == spent_on(NOW.date()) == (Decimal(0) if "529" in rows[0] else Decimal("0.014") * len(rows))
    assert spent_on(NOW.date() - dt.timedelta(days=1)) == 0


def test_the_budget_of_a_day(analysis: MacroSentimentAnalysis, vendor: Callable[..., Llm], settings: Any) -> None:
    model = vendor(says("", "refusal"))
    price = dearest_price(build_question(analysis).request)
    settings.ANALYST_USD_PER_DAY = float(price) + 0.001
    assert isinstance(ask_opinion(analysis, model), MacroOpinion)
    refused = ask_opinion(analysis, model)
    assert refused == NotAsked(f"the day's budget: 0.01 of {settings.ANALYST_USD_PER_DAY:g} dollars are spent")
    assert len(model.asked) == 1  # type: ignore[attr-defined]
    with clock.frozen(NOW + dt.timedelta(days=1)):
        assert isinstance(ask_opinion(analysis, model), MacroOpinion)
    # what is left does not pay for the second try either
    settings.ANALYST_USD_PER_DAY = 0.014 * 2 + float(price) + 0.001
    MacroOpinion.objects.update(started_at=NOW)
    cut = ask_opinion(analysis, vendor(says("{", "max_tokens")))
    assert isinstance(cut, MacroOpinion) and cut.reason == "the answer was cut short"


def test_nobody_is_asked_without_a_key_or_an_analysis(
    analysis: MacroSentimentAnalysis, vendor: Callable[..., Llm]
) -> None:
    keyless = vendor(says(SOUND), key="")
    assert ask_opinion(analysis, keyless) == NotAsked("no key of a language model is configured")
    assert ask_again(analysis, keyless) == NotAsked("no key of a language model is configured")
    MacroSentimentAnalysis.objects.all().delete()
    assert ask_about_newest(keyless) == NotAsked("there is no analysis yet")
    assert not MacroOpinion.objects.exists()


def test_replay(analysis: MacroSentimentAnalysis, vendor: Callable[..., Llm], monkeypatch: pytest.MonkeyPatch) -> None:
    model = vendor(
        says(SOUND | {"summary": "The btc price is 3."}), says(SOUND | {"confidence": 7}), says("", "refusal")
    )
    monkeypatch.setattr(opinions, "language_model", lambda: model)
    found = ask_about_newest()
    assert isinstance(found, MacroOpinion)
    out = StringIO()
    call_command("replay_opinion", found.pk, stdout=out)
    assert "question: the same" in out.getvalue() and "claims: the same" in out.getvalue()
    assert "wrong       3" in out.getvalue()
    MacroOpinion.objects.update(request_hash="0" * 64, claims=[])
    out = StringIO()
    call_command("replay_opinion", found.pk, "--ask", stdout=out)
    assert "question: another one" in out.getvalue() and "claims: judged differently now" in out.getvalue()
    assert "confidence: 100 -> 7" in out.getvalue()
    failed = StringIO()
    call_command("replay_opinion", found.pk, "--ask", stdout=failed)
    assert "failed no usable answer" in failed.getvalue() and "confidence: 100 -> None" in failed.getvalue()
    call_command("replay_opinion", MacroOpinion.objects.get(state="failed").pk, stdout=StringIO())
    with pytest.raises(CommandError, match="no opinion 0"):
        call_command("replay_opinion", 0)
    monkeypatch.setattr(opinions, "language_model", lambda: vendor(says(SOUND), key=""))
    with pytest.raises(CommandError, match="no key"):
        call_command("replay_opinion", found.pk, "--ask")


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    application = Application(Parameters(dt.date(2026, 3, 2), seed=3, names=40, sessions=5))
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/anthropic"
    server.shutdown()
    thread.join()


def test_the_simulated_model(analysis: MacroSentimentAnalysis, simulator: str, settings: Any) -> None:
    """Its refusals, cuts, misquotes and contradictions over real HTTP: every misquote is struck, no sound number is."""
    settings.ANALYST_USD_PER_DAY = 1000.0
    model = Llm(Http(VendorConfig("anthropic", simulator, "k", "header:x-api-key", 1000.0, 100)))
    question = build_question(analysis)
    seen: Counter[str] = Counter()
    for number in range(60):
        moody = opinions.replace(question, request=opinions.replace(question.request, system=f"Reader {number}."))
        found = opinions._ask(analysis, moody, model)
        assert isinstance(found, MacroOpinion) and found.is_simulated
        struck = sum(claim["verdict"] in ("wrong", "unsupported") for claim in found.claims)
        seen[found.state] += 1
        seen["disagrees"] += found.agrees is False
        seen["struck"] += struck > 0
        assert struck <= 1 and (found.state == "failed") == bool(found.reason)
    assert seen["done"] >= 50 and 2 <= seen["struck"] <= 16 and 2 <= seen["disagrees"] <= 16


def test_the_job_asks_after_each_analysis_and_only_with_a_key(
    analysis: MacroSentimentAnalysis, vendor: Callable[..., Llm], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    run = JobRun.objects.create(name="macro.analyse", trigger="scheduled", status="queued", queued_at=NOW)
    context = SimpleNamespace(run=run)
    settings.ANTHROPIC_API_KEY = ""
    tasks.analyse(context, trigger="replay")  # type: ignore[arg-type]
    assert not JobRun.objects.filter(name=tasks.OPINION).exists()
    settings.ANTHROPIC_API_KEY = "k"
    tasks.analyse(context, trigger="replay")  # type: ignore[arg-type]
    assert JobRun.objects.get(name=tasks.OPINION).key == str(analysis.pk)
    monkeypatch.setattr(opinions, "language_model", lambda: vendor(says(SOUND), key=""))
    with pytest.raises(Skip, match="no key"):
        tasks.opinion(context)  # type: ignore[arg-type]
    monkeypatch.setattr(opinions, "language_model", lambda: vendor(says(SOUND | {"market_regime": "TRANSITION"})))
    assert tasks.opinion(context) == "claude-sonnet-5-5: disagrees, 0.0140 dollars"  # type: ignore[arg-type]
