"""Detection of themes on simulated markets: `python -m tests.themes.evaluation.detection --seeds 4 --texts score`.

The product's own functions over documents and half-hours as they came, tick by tick; the truth is read for scoring
only. A detected theme is a planted one when half of its documents tell that story, or when .3 of their members agree
(Jaccard). Beside it the rule it must beat: a term's count of issuers against its expectation, z of 4 or more.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sentiment_site.quant.calibration import wilson_interval
from sentiment_site.simulator.documents.document import Channel, Document
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.stories.story import Kind, Story
from sentiment_site.simulator.world import build_world
from tests.themes.evaluation.simulated import _Tape
from themes.documents.duplicates import DuplicateIndex, compute_signature
from themes.documents.tickers import Listed, TickerBook
from themes.kernels.bursts import BASELINE_H, WINDOW_H, compute_expected
from themes.kernels.excess import (
    compute_correlation,
    compute_excess,
    compute_log_returns,
    compute_robust_deviation,
    fill_forward,
)
from themes.kernels.grouping import jaccard
from themes.kernels.membership import WATCHED
from themes.kernels.terms import compile_dictionaries, list_terms, match_dictionaries
from themes.stories.curated import CURATED
from themes.stories.detection import Assessment, Crowd, assess, find_stories, is_weather, list_idf
from themes.stories.detection import Story as Burst
from themes.stories.texts import (
    HOUR,
    NEVER,
    SPELLS,
    Baseline,
    HourCount,
    Pair,
    Spell,
    Text,
    count_hour,
    count_mentions,
    count_terms,
)

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


Hours = Mapping[str, deque[tuple[dt.datetime, int, int]]]


class _InSpells(Mapping[str, list[tuple[int, int, int]]]):
    """Half-days before the window with the mentions and texts of a term, counted where they are asked for."""

    def __init__(self, hours: Hours, begins: dt.datetime) -> None:
        self.hours, self.begins = hours, begins

    def __getitem__(self, term: str) -> list[tuple[int, int, int]]:
        found: dict[int, list[int]] = {}
        for hour, mentions, texts in self.hours[term]:
            spell = found.setdefault(_spell(hour, self.begins), [0, 0])
            spell[0] += mentions
            spell[1] += texts
        return [(at, mentions, texts) for at, (mentions, texts) in found.items()]

    def __iter__(self) -> Iterator[str]:
        return iter(self.hours)

    def __len__(self) -> int:
        return len(self.hours)


def _spell(hour: dt.datetime, begins: dt.datetime) -> int:
    return int((begins - hour - HOUR) // (WINDOW_H * HOUR))


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
        self.copies: dict[int, list[tuple[dt.datetime, int, set[int], str, str]]] = {}
        self.texts, self.stories_of = self._read()
        self.rows = {row: row for row in range(len(market.listing.securities))}
        self.themes: list[Found] = []
        self.simple: list[Found] = []
        self.hours = self._count_hours()
        self.entered = self.left = 0
        self.mentions: dict[str, Pair] = {}
        self.moments: dict[str, deque[tuple[dt.datetime, int, int]]] = {}
        self.seen: tuple[tuple[int, int], Crowd] | None = None

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
        index, texts, stories = DuplicateIndex(), list[Text](), dict[int, str]()
        for place, (kind, one) in enumerate(documents):
            words = f"{one.title}\n{one.body[:1500]}"
            issuers = _issuers(kind, one, words, book, by_symbol)
            signature = compute_signature(f"{one.title}\n{one.body}")
            same = index.find(signature) if signature is not None else None
            stories[place] = one.story
            author = one.author.id if one.author else one.source
            if same is not None:
                self.copies.setdefault(same, []).append((one.at, place, issuers, kind, author))
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
                bool(issuers),
            )
            texts.append(text)
            if signature is not None:
                index.add(place, signature)
        return texts, stories

    def _count_hours(self) -> list[tuple[dt.datetime, HourCount]]:
        """The baseline's hours as the product counts them, oldest first."""
        told: dict[dt.datetime, list[Text]] = {}
        for text in self.texts:
            told.setdefault(text.event_at.replace(minute=0, second=0, microsecond=0), []).append(text)
        return [(hour, count_hour([self._told(one, hour + HOUR) for one in some])) for hour, some in told.items()]

    def ticks(self, every_h: int) -> list[dt.datetime]:
        """Full hours of the scored span."""
        first = self.begins.replace(minute=0, second=0, microsecond=0)
        return [first + n * every_h * HOUR for n in range(int((self.end - first) / HOUR) // every_h)]

    def tick(self, at: dt.datetime) -> None:
        """What run_tick does, without a database."""
        begins = at - WINDOW_H * HOUR
        texts = [self._told(text, at) for text in self.texts if at - 72 * HOUR < text.event_at <= at]
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

    def _told(self, text: Text, at: dt.datetime) -> Text:
        """A text with the copies that had come by then."""
        copies = [one for one in self.copies.get(text.id, ()) if one[0] <= at]
        if not copies:
            return text
        return replace(
            text,
            issuers=text.issuers.union(*(one[2] for one in copies)),
            kinds=text.kinds | {one[3] for one in copies},
            authors=text.authors | {one[4] for one in copies},
            documents=[*text.documents, *(one[1] for one in copies)],
            names_stock=text.names_stock or any(one[2] for one in copies),
        )

    def _assess(
        self, key: str, terms: Sequence[str], log10_p: float, at: dt.datetime, texts: Sequence[Text],
        window: Sequence[Text], baseline: Baseline, crowd: Crowd,
    ) -> Assessment:  # fmt: skip
        near = {term for text in texts if key in text.keys or text.terms & set(terms[:8]) for term in text.terms}
        idf = list_idf(window, baseline, near)
        return assess(at, terms, texts, window, idf, crowd, log10_p=log10_p, key=key, title=key)

    def _simple_rule(self, window: Sequence[Text], baseline: Baseline, at: dt.datetime) -> None:
        total = count_mentions(window)
        counts = {term: count for term, count in count_terms(window).items() if len(count.issuers) >= 4}
        if not counts:
            return
        expected = compute_expected([baseline.mentions.get(one, NEVER) for one in counts], baseline.total, total)
        known = {term for one in self.simple for term in one.terms}
        for (term, count), usual in zip(counts.items(), expected.tolist(), strict=True):
            if (len(count.issuers) - usual) / np.sqrt(usual) >= 4 and term not in known:
                documents = {id for text in window if text.id in count.texts for id in text.documents}
                self.simple.append(Found("", [term], at, at, documents, set(count.issuers)))

    def _baseline(self, begins: dt.datetime) -> Baseline:
        """The fourteen days before the window; what left it and what entered it since the last tick."""
        first = begins - BASELINE_H * HOUR
        while self.entered < len(self.hours) and self.hours[self.entered][0] < begins:
            self._weigh(*self.hours[self.entered], 1)
            self.entered += 1
        while self.left < self.entered and self.hours[self.left][0] < first:
            self._weigh(*self.hours[self.left], -1)
            self.left += 1
        spells = [[0, 0, 0] for _ in range(SPELLS)]
        for hour, one in self.hours[self.left : self.entered]:
            for place, value in enumerate((*one.mentions, one.documents)):
                spells[_spell(hour, begins)][place] += value
        return Baseline(
            self.mentions,
            (sum(one[0] for one in spells), sum(one[1] for one in spells)),
            BASELINE_H,
            [Spell((press, posts), texts) for press, posts, texts in spells],
            _InSpells(self.moments, begins),
        )

    def _weigh(self, hour: dt.datetime, one: HourCount, sign: int) -> None:
        for term, (press, posts, texts) in one.terms.items():
            before = self.mentions.get(term, NEVER)
            self.mentions[term] = before[0] + sign * press, before[1] + sign * posts
            moments = self.moments.setdefault(term, deque())
            if sign > 0:
                moments.append((hour, press + posts, texts))
            else:
                moments.popleft()

    def _crowd(self, at: dt.datetime) -> Crowd:
        """Half-hours that ended by `at`; days that closed by then."""
        done = [place for place, day in enumerate(self.days) if day.session.close <= at]
        part = next((place for place, day in enumerate(self.days) if day.session.open < at < day.session.close), None)
        ended = 0 if part is None else int((at - self.days[part].session.open) / dt.timedelta(minutes=30))
        if self.seen is None or self.seen[0] != (len(done), ended):
            self.seen = (len(done), ended), self._look(done, part, ended)
        return self.seen[1]

    def _look(self, done: list[int], part: int | None, ended: int) -> Crowd:
        bars = self.tape.close[:, done[-4:]].reshape(self.tape.close.shape[0], -1)
        volume = self.tape.volume[:, done[-4:]].reshape(bars.shape)
        if part is not None:
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
    if known.published_at is None and found.is_sure:
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
    recall = wilson_interval(score.hit, score.planted)
    hours = np.array(score.latency) if score.latency else np.array([np.nan])
    within = float(np.mean(hours < 24)) if score.latency else 0.0
    found = f"{score.hit} of {score.planted} = {recall.value:.2f} [{recall.low:.2f}, {recall.high:.2f}]"
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
