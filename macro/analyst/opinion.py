"""Asking for an opinion: within the day's budget, outside of any transaction, every attempt kept with its price."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from macro import selectors
from macro.analysis import load_bars
from macro.analyst.check import as_stored, check_answer
from macro.analyst.facts import Fact, list_facts
from macro.analyst.prompt import PROMPT_VERSION, build_request, request_digest
from macro.charts.render import HEIGHT, WIDTH, load_pictures
from macro.charts.series import Charts, make_charts
from macro.kernels.engine import compute_path
from macro.kernels.parameters import PERMISSIONS, REGIMES
from macro.models import MacroOpinion, MacroSentimentAnalysis
from sentiment_site.live.events import Event
from sentiment_site.live.publish import publish_event
from sentiment_site.market import clock
from sentiment_site.providers.errors import ProviderError
from sentiment_site.providers.llm import Llm, LlmAnswer, LlmRequest
from sentiment_site.providers.records import Fetched
from sentiment_site.providers.setup import language_model

logger = structlog.get_logger(__name__)

# dollars per million tokens, in and out (November 2026); a model that is not listed counts as the dearest known
PRICES: Final = {
    "claude-fable-5-2": (8.0, 40.0),
    "claude-opus-5-5": (4.0, 20.0),
    "claude-sonnet-5-5": (2.0, 10.0),
    "claude-haiku-5-5": (0.1, 0.5),
}
DEAREST: Final = (15.0, 75.0)
PIXELS_PER_TOKEN: Final = 750
LONGEST_REASON: Final = 255


@dataclass(frozen=True, slots=True)
class NotAsked:
    """Nobody was asked, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about an analysis, and what the answer will be held against."""

    request: LlmRequest
    facts: tuple[Fact, ...]
    charts: Charts

    @property
    def digest(self) -> str:
        """Names the question; the same analysis asked the same way has the same one."""
        return request_digest(self.request, self.charts.digest)


def ask_opinion(analysis: MacroSentimentAnalysis, llm: Llm | None = None) -> MacroOpinion | NotAsked:
    """The model's opinion on an analysis: the one there is for the very same question, else a new one.

    A failure is a row too, with its reason and what it cost. An answer cut short is asked for once more with twice the
    room. Raises nothing for a vendor that fails.
    """
    model = llm or language_model()
    if not model.has_key:
        return NotAsked("no key of a language model is configured")
    question = build_question(analysis)
    answered = analysis.opinions.filter(request_hash=question.digest, state=MacroOpinion.State.DONE).first()
    return answered or _ask(analysis, question, model)


def ask_again(analysis: MacroSentimentAnalysis, llm: Llm | None = None) -> MacroOpinion | NotAsked:
    """As `ask_opinion`, but whatever was answered before: for a replay."""
    model = llm or language_model()
    if not model.has_key:
        return NotAsked("no key of a language model is configured")
    return _ask(analysis, build_question(analysis), model)


def _ask(analysis: MacroSentimentAnalysis, question: Question, model: Llm) -> MacroOpinion | NotAsked:
    opinion = _ask_once(analysis, question, model)
    if isinstance(opinion, MacroOpinion) and opinion.reason == _CUT:
        roomier = replace(question, request=replace(question.request, max_tokens=2 * question.request.max_tokens))
        again = _ask_once(analysis, roomier, model)
        return again if isinstance(again, MacroOpinion) else opinion
    return opinion


def build_question(analysis: MacroSentimentAnalysis, model: str | None = None) -> Question:
    """The question about an analysis out of what was known at its moment: the same at any later time."""
    market = selectors.load_market(analysis.analysis_timestamp)
    charts = make_charts(compute_path(load_bars(market, analysis.analysis_timestamp)))
    facts = list_facts(analysis, charts)
    request = build_request(analysis, facts, load_pictures(charts), model or settings.ANTHROPIC_MODEL)
    return Question(request, facts, charts)


def ask_about_newest(llm: Llm | None = None) -> MacroOpinion | NotAsked:
    """An opinion on the newest analysis, if it is the newest still without one."""
    analysis = selectors.latest_analysis()
    if analysis is None:
        return NotAsked("there is no analysis yet")
    done = analysis.opinions.filter(state=MacroOpinion.State.DONE).first()
    return done if done is not None else ask_opinion(analysis, llm)


def spent_on(day: dt.date) -> Decimal:
    """Dollars of all opinions of a day (UTC of the market's clock), failed ones included."""
    begin = dt.datetime.combine(day, dt.time(), dt.UTC)
    rows = MacroOpinion.objects.filter(started_at__gte=begin, started_at__lt=begin + dt.timedelta(days=1))
    return Decimal(rows.aggregate(total=Sum("cost_usd"))["total"] or 0)


def price_of(model: str, input_tokens: int, output_tokens: int) -> Decimal:
    """Dollars of a call."""
    paid, earned = PRICES.get(model, DEAREST)
    return Decimal(f"{(input_tokens * paid + output_tokens * earned) / 1e6:.6f}")


def dearest_price(request: LlmRequest) -> Decimal:
    """The most that a request can cost: three characters to a token, and all of its room used."""
    pixels = len(request.images) * WIDTH * HEIGHT
    read = (len(request.system) + len(request.text) + len(str(request.schema))) // 3 + pixels // PIXELS_PER_TOKEN + 500
    return price_of(request.model, read, request.max_tokens)


_CUT: Final = "the answer was cut short"


def _ask_once(analysis: MacroSentimentAnalysis, question: Question, llm: Llm) -> MacroOpinion | NotAsked:
    started, request = clock.now(), question.request
    spent, price = spent_on(started.date()), dearest_price(request)
    if spent + price > Decimal(str(settings.ANALYST_USD_PER_DAY)):
        return NotAsked(f"the day's budget: {spent:.2f} of {settings.ANALYST_USD_PER_DAY:g} dollars are spent")
    opinion = MacroOpinion(
        analysis=analysis, prompt_version=PROMPT_VERSION, model=request.model, request_hash=question.digest,
        started_at=started, state=MacroOpinion.State.FAILED, is_simulated=analysis.is_simulated,
    )  # fmt: skip
    try:
        fetched = llm.fetch_answer(request)
    except ProviderError as error:
        opinion.reason = str(error)[:LONGEST_REASON]
    else:
        _fill(opinion, fetched, question)
    _save(opinion)
    return opinion


def _fill(opinion: MacroOpinion, fetched: Fetched[LlmAnswer], question: Question) -> None:
    """The answer's tokens, price, words, claims and verdict; a reason where it cannot be used."""
    got = fetched.records
    opinion.model = got.model or question.request.model
    opinion.input_tokens, opinion.output_tokens = got.input_tokens, got.output_tokens
    opinion.cost_usd = price_of(question.request.model, got.input_tokens, got.output_tokens)
    opinion.is_simulated = opinion.is_simulated or fetched.simulated
    if got.is_cut:
        opinion.reason = _CUT
        return
    answer = None if got.answer is None else clean_answer(got.answer)
    if answer is None:
        opinion.reason = f"no usable answer: it ended with {got.stop_reason}"[:LONGEST_REASON]
        return
    opinion.answer = answer
    opinion.claims = as_stored(check_answer(answer, question.facts))
    opinion.agrees = (answer["market_regime"], answer["trade_permission"]) == (
        opinion.analysis.market_regime, opinion.analysis.trade_permission,
    )  # fmt: skip
    opinion.state = MacroOpinion.State.DONE


def clean_answer(answer: Mapping[str, Any]) -> dict[str, Any] | None:
    """The answer within its bounds, which no schema may state; None where it is not what was asked for."""
    regime, permission, summary = (answer.get(name) for name in ("market_regime", "trade_permission", "summary"))
    if regime not in REGIMES or permission not in PERMISSIONS or not isinstance(summary, str) or not summary.strip():
        return None
    confidence = answer.get("confidence")
    sure = confidence if isinstance(confidence, int) and not isinstance(confidence, bool) else None
    texts = {name: [text for text in answer.get(name) or [] if isinstance(text, str)] for name in ("evidence", "risks")}
    return {
        "market_regime": regime,
        "trade_permission": permission,
        "confidence": None if sure is None else min(max(sure, 0), 100),
        "summary": summary.strip(),
        **texts,
    }


def _save(opinion: MacroOpinion) -> None:
    opinion.ended_at = max(clock.now(), opinion.started_at)
    with transaction.atomic():
        opinion.save()
        publish_event(Event("macro.opinion", "macro", opinion.analysis_id, None, opinion.ended_at))
    logger.info(
        "opinion", analysis=opinion.analysis_id, state=opinion.state, agrees=opinion.agrees, reason=opinion.reason,
        struck=sum(each["verdict"] in ("wrong", "unsupported") for each in opinion.claims), usd=str(opinion.cost_usd),
    )  # fmt: skip
