"""How the manipulation risk detects planted pumps, half-hour bar by half-hour bar.

    python -m tests.themes.evaluation.manipulation --seeds 12

Thresholds are chosen on markets of the template family "tune" (seeds 101...), everything is scored on markets of the
family "score" (seeds 1...). One alarm per stock in ten sessions: the first bar at or above the threshold. It lives
under tests because the product may not import the simulator or its truth.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.calibration import bootstrap_days, quotient, wilson_interval
from tests.themes.evaluation.figures import percent, span, table
from tests.themes.evaluation.simulated import BARS, Event, Seen, observe, phase_beliefs
from themes.kernels.phases import Phase

FloatArray = npt.NDArray[np.float64]

QUIET_BARS = 10 * BARS
BLOCK = 10 * BARS  # what is drawn together for intervals: ten sessions of a seed
TUNING_SEED = 101
GRIDS = {
    "all evidence": np.arange(0.20, 0.80, 0.01),
    "market only": np.arange(0.15, 0.75, 0.01),
    "size only": np.arange(15.0, 200.0, 2.5),
    "volume only": np.exp(np.arange(1.5, 8.0, 0.1)),
}


@dataclass(slots=True)
class Tally:
    """Counts of one detector over markets.

    rows: (hits, alarms, honest alarms) by the alarm's block and (pumps, pumps found) by the run's; delays: bars from
    the run's first bar; before_peak: pumps found before the dump; honest, honest_alarmed: events by kind; background:
    alarms about nothing planted; symbol_days: watched.
    """

    rows: list[tuple[int, ...]] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)
    before_peak: int = 0
    honest: Counter[str] = field(default_factory=Counter)
    honest_alarmed: Counter[str] = field(default_factory=Counter)
    background: int = 0
    symbol_days: float = 0.0

    @property
    def sums(self) -> tuple[int, int, int, int]:
        """Hits, alarms, honest alarms, pumps."""
        hits, alarms, honest, pumps, _ = np.sum(self.rows, axis=0).tolist()
        return hits, alarms, honest, pumps

    @property
    def f1(self) -> float:
        """2 hits / (alarms + pumps)."""
        hits, alarms, _, pumps = self.sums
        return 2 * hits / max(alarms + pumps, 1)


def alarms_of(score: npt.NDArray[np.float32], threshold: float) -> list[tuple[int, int]]:
    """(row, bar) of each alarm."""
    found = []
    reached = score >= threshold
    for row in np.flatnonzero(reached.any(axis=1)).tolist():
        last = -QUIET_BARS
        for bar in np.flatnonzero(reached[row]).tolist():
            if bar - last >= QUIET_BARS:
                found.append((row, bar))
                last = bar
    return found


def count(tally: Tally, seen: Seen, name: str, threshold: float) -> None:
    """Add one market's alarms of a detector.

    An alarm from a pump's accumulation to the end of its dump is a hit. All others are false, those within an honest
    event's time are blamed on it. Those on an event that the scored bars cut off count for nothing."""
    score = seen.scores[name]
    by_row: dict[int, list[Event]] = {}
    for event in seen.events:
        by_row.setdefault(event.row, []).append(event)
    blocks = np.zeros((-(-score.shape[1] // BLOCK), 5), dtype=np.int64)
    caught: dict[int, int] = {}
    blamed: set[int] = set()
    for row, bar in alarms_of(score, threshold):
        about = [event for event in by_row.get(row, ()) if event.first <= bar <= event.last]
        pump = next((event for event in about if event.kind == "pump"), None)
        if pump is None and any(event.kind == "cut" for event in about):
            continue
        blocks[bar // BLOCK, 1] += 1
        if pump is not None:
            caught.setdefault(id(pump), bar)
            blocks[bar // BLOCK, 0] += 1
        elif about:
            blocks[bar // BLOCK, 2] += 1
            blamed.add(id(about[0]))
        else:
            tally.background += 1
    for event in seen.events:
        if event.kind == "pump":
            blocks[event.run // BLOCK, 3] += 1
            if id(event) in caught:
                blocks[event.run // BLOCK, 4] += 1
                tally.delays.append(caught[id(event)] - event.run)
                tally.before_peak += caught[id(event)] <= event.peak
        elif event.kind != "cut":
            tally.honest[event.kind] += 1
            tally.honest_alarmed[event.kind] += id(event) in blamed
    tally.rows += [tuple(row) for row in blocks.tolist()]
    tally.symbol_days += float(seen.watched.sum()) / BARS


def tune(markets: Sequence[Seen]) -> dict[str, float]:
    """The threshold of each detector with the largest F1."""
    best = {}
    for name, grid in GRIDS.items():
        scored = []
        for threshold in grid.tolist():
            tally = Tally()
            for seen in markets:
                count(tally, seen, name, threshold)
            scored.append((tally.f1, -threshold))
        best[name] = -max(scored)[1]
    return best


class Shapes:
    """How the phases read planted pumps, and stocks in no story."""

    def __init__(self) -> None:
        self.confusion = np.zeros((5, len(Phase)))
        self.onsets: list[int] = []
        self.runs = 0
        self.live_days = self.quiet_days = 0.0

    def add(self, seen: Seen) -> None:
        """One market: its pumps, and as many stocks without an event."""
        pumps = [event for event in seen.events if event.kind == "pump"]
        busy = {member.row for story in seen.stories for member in story.members}
        idle = [row for row in np.flatnonzero(seen.watched.all(axis=1)).tolist() if row not in busy]
        calm = np.random.default_rng(3).permutation(idle)[:200]
        full = _full_days(seen)
        beliefs = phase_beliefs(seen, np.array([event.row for event in pumps]))
        flat = beliefs.reshape(len(pumps), -1, len(Phase))[:, full]
        for event, belief in zip(pumps, flat, strict=True):
            self._pump(event, belief)
        quiet = phase_beliefs(seen, calm).reshape(len(calm), -1, len(Phase))[:, full]
        live = quiet[..., [Phase.RUN, Phase.PEAK, Phase.DUMP]].sum(axis=-1) >= 0.5
        days = live.reshape(len(calm), -1, BARS) if live.shape[1] % BARS == 0 else live[:, :, None]
        self.live_days += float(days.any(axis=2).sum())
        self.quiet_days += days.shape[0] * days.shape[1]

    def _pump(self, event: Event, belief: FloatArray) -> None:
        likeliest = belief.argmax(axis=1)
        parts = (range(event.first - 5 * BARS, event.first), range(event.first, event.run),
                 range(event.run, event.peak + 1), range(event.peak + 1, event.last + 1),
                 range(event.last + 1, event.last + 1 + 3 * BARS))  # fmt: skip
        for true, bars in enumerate(parts):
            for bar in bars:
                if 0 <= bar < len(likeliest):
                    self.confusion[true, likeliest[bar]] += 1
        live = belief[:, [Phase.RUN, Phase.PEAK, Phase.DUMP]].sum(axis=1) >= 0.5
        found = np.flatnonzero(live[event.run : event.last + 1])
        self.runs += 1
        if len(found):
            self.onsets.append(int(found[0]))

    def render(self) -> str:
        """The confusion of truth and likeliest phase by bars, and the onset."""
        names = ("before", "accumulation", "run", "dump", "3 sessions after")
        total = self.confusion.sum(axis=1, keepdims=True)
        share = self.confusion / np.maximum(total, 1)
        rows = [(name, f"{int(total[place, 0]):,}", *(percent(value, 0) for value in share[place]))
                for place, name in enumerate(names)]  # fmt: skip
        found, delay = len(self.onsets), np.quantile(self.onsets, [0.5, 0.9])
        return "\n".join(
            [
                table(("planted / likeliest", "bars", *(phase.name.lower() for phase in Phase)), rows),
                "",
                f"onset (P(run, peak or dump) >= .5) within run and dump: {span(wilson_interval(found, self.runs))} of "
                f"{self.runs}, delay from the run's first bar median {delay[0]:.0f}, p90 {delay[1]:.0f} bars",
                f"stocks in no story: {1000 * self.live_days / self.quiet_days:.1f} such days per 1,000 symbol-days",
            ]
        )


def _full_days(seen: Seen) -> npt.NDArray[np.int64]:
    """Places of the scored bars among all half-hours of the scored sessions, 13 a day."""
    dates = [end.date() for end in seen.ends]
    place, slots, day = [], Counter(), -1
    for number, date in enumerate(dates):
        if number == 0 or date != dates[number - 1]:
            day += 1
        place.append(day * BARS + slots[date])
        slots[date] += 1
    return np.array(place)


def _interval(tally: Tally, part: int, whole: tuple[int, ...], times: float = 1.0) -> str:
    rows, columns = np.array(tally.rows, dtype=np.float64), list(whole)
    drawn = bootstrap_days(
        rows, np.arange(len(rows)), lambda sums: quotient(times * sums[:, part], sums[:, columns].sum(axis=1)), block=1
    )
    return span(drawn)


def render(tallies: dict[str, Tally], thresholds: dict[str, float]) -> str:
    """The detectors side by side, then the honest events."""
    rows, kinds = [], []
    for name, tally in tallies.items():
        hits, alarms, honest, pumps = tally.sums
        delay = np.quantile(tally.delays, [0.5, 0.9]) if tally.delays else (np.nan, np.nan)
        false = 1000 * (alarms - hits) / tally.symbol_days
        rows.append(
            (name, f"{thresholds[name]:.3g}", _interval(tally, 0, (1,)), _interval(tally, 4, (3,)),
             _interval(tally, 0, (1, 3), 2.0), span(wilson_interval(hits, hits + honest)),
             f"{delay[0]:.0f} / {delay[1]:.0f}", percent(tally.before_peak / max(pumps, 1)), f"{false:.2f}")
        )  # fmt: skip
        kinds.append((name, *(f"{tally.honest_alarmed[kind]} of {tally.honest[kind]}" for kind in sorted(tally.honest)),
                      tally.background))  # fmt: skip
    any_tally = next(iter(tallies.values()))
    head = (f"{any_tally.sums[3]} pumps, {sum(any_tally.honest.values())} honest events, "
            f"{any_tally.symbol_days:,.0f} symbol-days")  # fmt: skip
    return "\n".join(
        [
            head, "",
            table(("detector", "threshold", "precision", "recall", "F1", "precision among events",
                   "delay p50 / p90, bars", "pumps found before the peak", "false alarms per 1,000 symbol-days"), rows),
            "", table(("alarms on", *sorted(any_tally.honest), "nothing planted"), kinds),
        ]
    )  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Tune, score, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.themes.evaluation.manipulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=12, help="markets scored (default: %(default)s)")
    parser.add_argument("--tuning", type=int, default=4, help="markets tuned on (default: %(default)s)")
    parser.add_argument("--names", type=int, default=2000)
    parser.add_argument("--stories", type=float, default=5.0)
    options = parser.parse_args(arguments)
    size = {"names": options.names, "stories": options.stories}
    thresholds = tune([observe(TUNING_SEED + number, "tune", **size) for number in range(options.tuning)])
    tallies, shapes = {name: Tally() for name in GRIDS}, Shapes()
    bands = {f"all evidence, band {name}": edge for name, edge in (("ELEVATED", 0.3), ("HIGH", 0.5), ("SEVERE", 0.7))}
    tallies |= {name: Tally() for name in bands}
    for seed in range(1, options.seeds + 1):
        seen = observe(seed, "score", **size)
        for name in GRIDS:
            count(tallies[name], seen, name, thresholds[name])
        for name, edge in bands.items():
            count(tallies[name], seen, "all evidence", edge)
        shapes.add(seen)
    print(render(tallies, thresholds | bands))
    print("\n" + shapes.render())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
