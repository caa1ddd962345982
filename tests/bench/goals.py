"""The goals as data: how many yardsticks a candidate may be long. docs/performance.md shows them beside the figures.

A bound is the worst ratio seen on two shared cores plus 10 to 25 %, rounded; `guard` is the requirement's own limit, in
the same unit, which the candidate must hold whatever the yardstick does.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """What is measured, against what, in which unit, and the bound of the ratio (`sense` "<=" or ">=")."""

    candidate: str
    yardstick: str
    unit: str
    bound: float
    sense: str = "<="
    guard: float | None = None

    def holds(self, ratio: float) -> bool:
        """Whether the ratio is inside the bound."""
        return ratio <= self.bound if self.sense == "<=" else ratio >= self.bound


FLOOR = "INSERT..SELECT in the server"
CONST = "constant Django WSGI view"
GOALS: dict[str, Goal] = {
    # bars in
    "D1": Goal("store_bars, 8,000 new daily bars", FLOOR, "ms", 5.5),
    "D1b": Goal("executemany, 8,000 new daily bars", "store_bars", "ms", 1.8, ">="),
    "D2": Goal("store_bars, the same 8,000 again", FLOOR, "ms", 2.5),
    # bars out
    "D3": Goal("load_intraday, 1,500 x 6", "aggregated in the server", "ms", 2.5, guard=500),
    "D4": Goal("load_daily, 1,500 x 252", "aggregated in the server", "ms", 6, guard=500),
    # universe
    "U1": Goal("screen 8,000 names", "np.sort of its arrays", "ms", 62),
    "U2": Goal("refresh_universe, 8,000 x 60", "its bars aggregated in the server", "ms", 29, guard=300_000),
    # analysis
    "C5": Goal("eight score_sector, 1,500 stocks", "np.log of 1,500 x 30", "ms", 300),
    "A1": Goal("run_analysis, 1,500 stocks", "its bars aggregated in the server", "ms", 8, guard=300_000),
    "A2": Goal("run_analysis of one sector", "of all eight", "ms", 0.98),
    # books
    "B1": Goal("10,000 books x 30 valued", "the same rows by bare UPDATE and INSERT", "ms", 2.2, guard=300_000),
    # retention
    "K1": Goal("a million rows to the archive", "COPY out and DELETE", "ms", 7),
    "K2": Goal("a million rows back", "COPY in", "ms", 3),
    # simulated market
    "S1": Goal("generate 8,000 x 60 sessions", "its normal numbers", "ms", 5, guard=2_000),
    "S2": Goal("grouped day, 8,000 rows, cold", "json.dumps of its body", "ms", 3.6, guard=1_000),
    "S2b": Goal("grouped day again", "json.dumps of its body", "ms", 0.03),
    "S3": Goal("full snapshot, a new minute", "json.dumps of its body", "ms", 1.8, guard=1_000),
    # page
    "H1": Goal("warm grid page, CPU", CONST, "us", 40),
    "H1b": Goal("warm grid page, p50", CONST, "us", 34, guard=1_000_000),
    "H2": Goal("304 of the fragment, CPU", CONST, "us", 18),
    "H2b": Goal("204 of the poll, CPU", CONST, "us", 18),
    "H3": Goal("cold grid page, CPU", CONST, "us", 85, guard=1_000_000),
    # sector page, 188 stocks
    "P1": Goal("sector page, CPU", CONST, "us", 250),
    "P1b": Goal("sector page, p50", CONST, "us", 250, guard=1_000_000),
    "P2": Goal("204 of its poll, CPU", CONST, "us", 14),
    # push
    "W1": Goal("hub, 1,000 clients", "raw ASGI loop", "ms", 2.1, guard=100),
    "W1b": Goal("hub, 100 clients", "raw ASGI loop", "ms", 2.6, guard=100),
    "W2": Goal("Channels group_send, 1,000 clients", "hub", "ms", 4.5, ">="),
    "W4": Goal("hub, 195 of 200 with 5 stalled", "195 with none stalled", "ms", 1.5, guard=100),
    "W5": Goal("commit of a run to the last of 5 clients", "bare announcement", "ms", 19, guard=100),
    "W5b": Goal("commit of a run to the last of 1,000 clients", "bare announcement", "ms", 4, guard=100),
    # confluence
    "O1": Goal("confluence pass, 1,500 stocks", "its daily bars aggregated in the server", "ms", 28, guard=3_000),
    # crypto regime, ten years of daily readings on the four-hour grid (21,900 bars)
    "R1": Goal("compute_path, 21,900 bars", "100 np.sorts of its five columns", "ms", 2.7),
    "R2": Goal("run_analysis of the crypto market", "its rows summed in the server 100 times", "ms", 3.3, guard=5_000),
    "R3": Goal("three charts drawn", "zlib of three such bitmaps", "ms", 18, guard=2_000),
    "R4": Goal("status, 500 analyses, health by the API, cold", "json.dumps of them", "ms", 24, guard=5_000),
    # sympathy network, 1,500 names x 250 sessions
    "N1": Goal("fit_network, 1,500 x 250", "np.corrcoef of the same", "ms", 8),
    "N2": Goal("shrink_covariance", "scikit-learn's LedoitWolf", "ms", 0.55),
    "N3": Goal("run_fit, database to database", "its closes counted in the server", "ms", 50, guard=60_000),
    "N4": Goal("a leader's 20 pairs, look-up and P", "the look-up alone", "ms", 2.6, guard=5),
    # temperature: the requirement's 100 ms for a change of status, and three seconds for a pass
    "H9": Goal("temperature pass, 1,500 x 21 sessions", "its bars summed in the server", "ms", 5, guard=3_000),
    "H9b": Goal("norms and levels, 1,500 stocks", "np.sort of 1,500 x 20", "ms", 10, guard=100),
    # significant moves: the required 30 s, less the 15 s until the next look
    "M1": Goal("vendor's answer to the last of 5 pages", "json.loads of 8,000 names", "ms", 35, guard=15_000),
    # documents: articles of 120 words about one or two of 1,500 stocks
    "X1": Goal("store_documents, 1,000 articles", "their bare insert", "ms", 4, guard=30_000),
    # what people write: 2,000 texts of one line; 60,000 scored texts and 150,000 mentions of 1,500 stocks
    "T1": Goal("score_texts, 2,000 texts", "VADER alone", "ms", 1.5),
    "T2": Goal("run_pass, 1,500 stocks", "its rows by GROUP BY", "ms", 1.6, guard=30_000),
}
