"""Detection of themes on simulated markets: `python -m tests.themes.evaluation.detection --seeds 4 --texts score`.

The product's own functions over documents and half-hours as they came, tick by tick; the truth is read for scoring
only. A detected theme is a planted one when half of its documents tell that story, or when .3 of their members agree
(Jaccard). Beside it the rule it must beat: a term's count of issuers against its expectation, z of 4 or more.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sentiment_site.quant.calibration import wilson_interval
from sentiment_site.simulator.documents.document import Channel, Document
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.stories.story import Kind, Story
from sentiment_site.simulator.world import build_world
from tests.themes.evaluation.simulated import _Tape
from themes.documents.duplicates import DuplicateIndex, compute_signature
from themes.documents.tickers import Listed, TickerBook
from themes.kernels.bursts import WINDOW_H, compute_expected
from themes.kernels.excess import (
    compute_correlation,
    compute_excess,
    compute_log_returns,
    compute_robust_deviation,
    fill_forward,
)
from themes.kernels.grouping import jaccard
from themes.kernels.membership import PUBLISHED, WATCHED
from themes.kernels.terms import compile_dictionaries, list_terms, match_dictionaries
from themes.stories.curated import CURATED
from themes.stories.detection import Assessment, Crowd, assess, find_stories, is_weather, list_idf
from themes.stories.detection import Story as Burst
from themes.stories.texts import HOUR, Baseline, Text, count_terms, key_term

ANCHOR = dt.date(2026, 8, 21)
BURN, SCORED = 16, 16
KINDS = {
    Channel.NEWS: "news",
    Channel.RELEASE: "rss",
    Channel.FILING: "filing",
    Channel.X: "x",
    Channel.REDDIT: "reddit",
}


@dataclass
class Found:
    """A theme of the run: when it was first watched and published, its terms, documents and members."""

    key: str
    terms: list[str]
    watched_at: dt.datetime
    published_at: dt.datetime | None = None
    documents: set[int] = field(default_factory=set)
    members: set[int] = field(default_factory=set)


@dataclass
class Score:
    """Sums over markets. latency: hours from the story's first document to publication."""

    planted: int = 0
    hit: int = 0
    latency: list[float] = field(default_factory=list)
    false: int = 0
    weeks: float = 0.0
    overlap: list[float] = field(default_factory=list)


class Run:
    """One market, tick by tick."""

    def __init__(self, seed: int, texts: str, names: int, stories: float) -> None:
        sessions = BURN + SCORED
        self.world = build_world(
            Parameters(ANCHOR, seed=seed, names=names, sessions=sessions, stories=stories, texts=texts)
        )
        market = self.world.tape.market
        self.end = dt.datetime.combine(ANCHOR, dt.time(20), dt.UTC)
        market.generate_until(self.end)
        self.days = [day for day in market.days if day.session.close <= self.end]
        self.tape = _Tape(self.world, self.days)
        self.begins = self.days[BURN].session.pre_open
        self.patterns = compile_dictionaries({key: patterns for key, (_, patterns) in CURATED.items()})
        self.texts, self.stories_of = self._read()
        self.rows = {row: row for row in range(len(market.listing.securities))}
        self.themes: list[Found] = []
        self.simple: list[Found] = []

    def _read(self) -> tuple[list[Text], dict[int, str]]:
        """Every document of the run as the store would keep it, and the story each tells."""
        securities = self.world.tape.market.listing.securities
        book = TickerBook(Listed(row, one.symbol, one.name, "") for row, one in enumerate(securities))
        by_symbol = {one.symbol: row for row, one in enumerate(securities)}
        since = self.begins - dt.timedelta(days=16)
        documents = [
            (kind, one)
            for channel, kind in KINDS.items()
            for one in self.world.documents.published(channel, since, self.end)
        ]
        documents.sort(key=lambda pair: (pair[1].at, pair[1].id))
        index, clusters, texts, stories = DuplicateIndex(), {}, [], {}
        for place, (kind, one) in enumerate(documents):
            words = f"{one.title}\n{one.body[:1500]}"
            issuers = _issuers(kind, one, words, book, by_symbol)
            signature = compute_signature(f"{one.title}\n{one.body}")
            same = index.find(signature) if signature is not None else None
            stories[place] = one.story
            author = one.author.id if one.author else one.source
            if same is not None:
                first = clusters[same]
                first.issuers |= issuers
                first.kinds.add(kind)
                first.authors.add(author)
                first.documents.append(place)
                continue
            text = Text(
                place,
                one.at,
                list_terms(words),
                match_dictionaries(words, self.patterns),
                issuers,
                {kind},
                {author},
                [place],
            )
            texts.append(text)
            if signature is not None:
                index.add(place, signature)
                clusters[place] = text
        return texts, stories

    def ticks(self, every_h: int) -> list[dt.datetime]:
        """Full hours of the scored span."""
        first = self.begins.replace(minute=0, second=0, microsecond=0)
        return [first + n * every_h * HOUR for n in range(int((self.end - first) / HOUR) // every_h)]

    def tick(self, at: dt.datetime) -> None:
        """What run_tick does, without a database."""
        begins = at - WINDOW_H * HOUR
        texts = [text for text in self.texts if at - 72 * HOUR < text.event_at <= at]
        window = [text for text in texts if text.event_at > begins]
        baseline = self._baseline(begins)
        crowd = self._crowd(at)
        by_id = {text.id: text for text in window}
        for story in find_stories(window, baseline):
            known = next((one for one in self.themes if _tells(one, story)), None)
            if known is None and not story.key and is_weather(story, by_id, crowd):
                continue
            terms = known.terms if known else list(story.terms)
            found = self._assess(story.key, terms, story.log10_p, at, texts, window, baseline, crowd)
            if known is None:
                if found.confidence < WATCHED or not found.members.belongs.any():
                    continue
                known = Found(story.key, list(found.terms), at)
                self.themes.append(known)
            _note(known, found, crowd, at)
        self._simple_rule(window, baseline, at)

    def _assess(
        self, key: str, terms: Sequence[str], log10_p: float, at: dt.datetime, texts: Sequence[Text],
        window: Sequence[Text], baseline: Baseline, crowd: Crowd,
    ) -> Assessment:  # fmt: skip
        near = {term for text in texts if key in text.keys or text.terms & set(terms[:8]) for term in text.terms}
        idf = list_idf(window, baseline, near)
        return assess(at, terms, texts, window, idf, crowd, log10_p=log10_p, key=key, title=key)

    def _simple_rule(self, window: Sequence[Text], baseline: Baseline, at: dt.datetime) -> None:
        total = float(sum(len(text.issuers) for text in window))
        for term, count in count_terms(window).items():
            k = len(count.issuers)
            if k < 4:
                continue
            expected = float(compute_expected([baseline.mentions.get(term, 0)], float(baseline.total), total)[0])
            if (k - expected) / np.sqrt(expected) < 4 or any(term in one.terms for one in self.simple):
                continue
            documents = {id for text in window if text.id in count.texts for id in text.documents}
            self.simple.append(Found("", [term], at, at, documents, set(count.issuers)))

    def _baseline(self, begins: dt.datetime) -> Baseline:
        since = begins - 14 * 24 * HOUR
        mentions: Counter[str] = Counter()
        texts: dict[str, Counter[float]] = {}
        all_texts: Counter[float] = Counter()
        total = 0
        for text in self.texts:
            if since < text.event_at <= begins:
                age = float((begins - text.event_at) // dt.timedelta(days=1))
                total += len(text.issuers)
                all_texts[age] += 1
                for term in text.terms:
                    mentions[term] += len(text.issuers)
                    texts.setdefault(term, Counter())[age] += 1
                for key in text.keys:
                    mentions[key_term(key)] += len(text.issuers)
        return Baseline(
            mentions, total, 14 * 24, {t: list(c.items()) for t, c in texts.items()}, list(all_texts.items())
        )

    def _crowd(self, at: dt.datetime) -> Crowd:
        """Half-hours that ended by `at`; days that closed by then."""
        done = [place for place, day in enumerate(self.days) if day.session.close <= at]
        part = next((place for place, day in enumerate(self.days) if day.session.open < at < day.session.close), None)
        bars = self.tape.close[:, done[-4:]].reshape(self.tape.close.shape[0], -1)
        volume = self.tape.volume[:, done[-4:]].reshape(bars.shape)
        if part is not None:
            ended = int((at - self.days[part].session.open) / dt.timedelta(minutes=30))
            bars = np.concatenate([bars, self.tape.close[:, part, :ended]], axis=1)
            volume = np.concatenate([volume, self.tape.volume[:, part, :ended]], axis=1)
        sector = self.world.tape.market.listing.sector
        excess = compute_excess(compute_log_returns(fill_forward(bars)), sector)[:, -39:]
        daily = fill_forward(self.tape.close[:, done].reshape(bars.shape[0], len(done), -1)[:, :, -1])
        deviation = compute_robust_deviation(compute_excess(compute_log_returns(daily), sector), fewest=10)
        usual = np.nanmedian(np.nansum(self.tape.volume[:, done[-20:]], axis=2), axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            rvol = np.nansum(volume[:, -13:], axis=1) / usual
        n = bars.shape[0]
        return Crowd(
            ids=np.arange(n, dtype=np.int32), sector=sector, sectors=[str(one) for one in sector], group=sector,
            z=excess[:, -13:].sum(axis=1) / deviation, rvol=rvol, excess=excess,
            correlation=compute_correlation(excess), row_of=self.rows,
        )  # fmt: skip

    def planted(self) -> list[Story]:
        """Planted themes of the scored span that could be found within it."""
        last = self.end - dt.timedelta(hours=30)
        return [
            one
            for one in self.world.tape.market.script.stories
            if one.kind is Kind.THEME and self.begins <= one.begins <= last
        ]


def _issuers(kind: str, one: Document, words: str, book: TickerBook, by_symbol: dict[str, int]) -> set[int]:
    if kind == "filing":
        return {by_symbol[symbol] for symbol in one.symbols[:1] if symbol in by_symbol}
    tags = one.symbols if kind == "news" else ()
    return {found.instrument_id for found in book.find(words, tags=tags, allow_bare=kind in ("x", "reddit"))}


def _tells(known: Found, story: Burst) -> bool:
    return known.key == story.key if story.key or known.key else bool(set(known.terms) & set(story.terms))


def _note(known: Found, found: Assessment, crowd: Crowd, at: dt.datetime) -> None:
    known.terms = list(dict.fromkeys([*known.terms, *found.terms]))[:24]
    known.documents |= set(found.documents)
    known.members |= {int(crowd.ids[row]) for row in np.flatnonzero(found.members.belongs)}
    if known.published_at is None and found.confidence >= PUBLISHED:
        known.published_at = at


def count(score: Score, run: Run, themes: Sequence[Found]) -> None:
    """Match published themes to planted ones."""
    planted = run.planted()
    rows = {story.id: frozenset(member.row for member in story.members) for story in planted}
    told = {story.id: [at for at, id in run.stories_of.items() if id == story.id] for story in planted}
    moments = {text.id: text.event_at for text in run.texts}
    first = {id: min((moments[at] for at in places if at in moments), default=None) for id, places in told.items()}
    every = {one.id for one in run.world.tape.market.script.stories if one.kind is Kind.THEME}
    score.planted += len(planted)
    score.weeks += (run.end - run.begins) / dt.timedelta(weeks=1)
    best: dict[str, Found] = {}
    for theme in sorted((one for one in themes if one.published_at), key=lambda one: one.published_at or run.end):
        shares = Counter(run.stories_of[id] for id in theme.documents)
        top, n = shares.most_common(1)[0] if shares else ("", 0)
        story = top if top in every and n >= 0.5 * sum(shares.values()) else ""
        if not story:
            story = next((id for id, some in rows.items() if jaccard(frozenset(theme.members), some) >= 0.3), "")
        if not story:
            score.false += 1
        elif story in rows:
            best.setdefault(story, theme)
    for story, theme in best.items():
        score.hit += 1
        score.overlap.append(_f1(theme.members, rows[story]))
        began = first[story]
        if began is not None and theme.published_at is not None:
            score.latency.append((theme.published_at - began) / HOUR)


def _f1(found: set[int], truth: frozenset[int]) -> float:
    return 2 * len(found & truth) / (len(found) + len(truth)) if found or truth else 0.0


def report(name: str, score: Score) -> str:
    """One line of the table."""
    low, high = wilson_interval(score.hit, max(score.planted, 1))
    hours = np.array(score.latency) if score.latency else np.array([np.nan])
    within = float(np.mean(hours < 24)) if score.latency else 0.0
    found = f"{score.hit} of {score.planted} = {score.hit / max(score.planted, 1):.2f} [{low:.2f}, {high:.2f}]"
    late = f"{np.nanmedian(hours):.1f} | {np.nanpercentile(hours, 90):.1f} | {within:.2f}"
    agreement = np.mean(score.overlap) if score.overlap else 0.0
    return f"| {name} | {found} | {late} | {score.false / score.weeks:.1f} | {agreement:.2f} |"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--texts", default="score", choices=["tune", "score"])
    parser.add_argument("--names", type=int, default=2000)
    parser.add_argument("--stories", type=float, default=3.0)
    parser.add_argument("--every", type=int, default=2)
    options = parser.parse_args()
    product, simple = Score(), Score()
    for seed in range(options.first, options.first + options.seeds):
        run = Run(seed, options.texts, options.names, options.stories)
        for at in run.ticks(options.every):
            run.tick(at)
        count(product, run, run.themes)
        count(simple, run, run.simple)
    span = f"{options.seeds} seeds from {options.first}, {product.weeks:.1f} weeks, a tick every {options.every} h"
    print(f"family {options.texts}, {span}\n")
    print("| detector | recall | latency h, median | p90 | within 24 h | false a week | member F1 |")
    print("|---|---|---|---|---|---|---|")
    print(report("issuer-breadth bursts, confidence .70", product))
    print(report("z of a term's issuers, 4 or more", simple))


if __name__ == "__main__":
    main()
