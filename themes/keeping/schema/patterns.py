"""The questions that pages, jobs and the archive ask most, and which index answers each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.db.models import Model, QuerySet

# Inside the rows that the plans are made over (themes.keeping.schema.plans).
NOW: Final = dt.datetime(2026, 8, 21, 16, tzinfo=dt.UTC)
STOCK: Final = 7
SYMBOL: Final = "S7"
THEME: Final = "8f14e45f-ceea-167a-5a36-dedd4bea2543"  # md5 of "7"
DAY: Final = dt.timedelta(days=1)
WEEK: Final = 7 * DAY


@dataclass(frozen=True, slots=True)
class Pattern:
    """One question. model: "app.Model"; ask: the query over it; indexes: any of these answers."""

    name: str
    asked_by: str
    model: str
    ask: Callable[[QuerySet[Any]], QuerySet[Any]]
    indexes: tuple[str, ...]

    def get_model(self) -> type[Model]:
        """The model that it reads."""
        return apps.get_model(self.model)

    def build(self) -> QuerySet[Any]:
        """The query, whole rows of it."""
        return self.ask(self.get_model()._base_manager.all())


PATTERNS: Final = (
    # documents
    Pattern(
        "Newest documents of a kind", "documents' pages, jobs", "themes.Document",
        lambda rows: rows.filter(kind="filing", event_at__lte=NOW, recorded_at__lte=NOW).order_by("-event_at")[:50],
        ("document_kind_event", "document_event"),
    ),
    Pattern(
        "Mentions of a stock, newest first", "stock page, alerts", "themes.Mention",
        lambda rows: rows.filter(instrument=STOCK, event_at__lte=NOW).order_by("-event_at")[:50],
        ("mention_instrument_event",),
    ),
    Pattern(
        "Mentions of a window", "detection, sentiment", "themes.Mention",
        lambda rows: rows.filter(event_at__gt=NOW - DAY / 8, event_at__lte=NOW).order_by("event_at"),
        ("mention_event",),
    ),
    Pattern(
        "Copies of a text", "coordination", "themes.Document",
        lambda rows: rows.filter(cluster=STOCK), ("document_cluster", "themes_document_cluster_id_702592c9"),
    ),
    # themes
    Pattern(
        "Themes on the board", "board", "themes.Theme",
        lambda rows: rows.filter(standing="watch").order_by("-intensity")[:20], ("theme_board",),
    ),
    Pattern(
        "A theme's history", "theme page, time machine", "themes.ThemeReading",
        lambda rows: rows.filter(theme=THEME, as_of__lte=NOW).order_by("-as_of")[:100], ("themereading_once",),
    ),
    Pattern(
        "Themes of a stock", "stock page", "themes.ThemeMembership",
        lambda rows: rows.filter(instrument=STOCK, since__lte=NOW).order_by("-since"), ("thememembership_instrument",),
    ),
    # tape
    Pattern(
        "Temperature of a stock at a moment", "stock page, time machine", "themes.TemperatureReading",
        lambda rows: rows.filter(instrument=STOCK, as_of__lte=NOW).order_by("-as_of")[:1], ("temperature_instrument",),
    ),
    Pattern(
        "All temperatures of a pass", "heat page", "themes.TemperatureReading",
        lambda rows: rows.filter(as_of=NOW - dt.timedelta(minutes=700)), ("temperature_monitoring_pkey",),
    ),
    Pattern(
        "Manipulation risk of a stock", "stock page, time machine", "themes.ManipulationReading",
        lambda rows: rows.filter(instrument=STOCK, as_of__lte=NOW).order_by("-as_of")[:1], ("manipulation_instrument",),
    ),
    Pattern(
        "Verdict on a stock", "stock page", "themes.StockVerdict",
        lambda rows: rows.filter(instrument=STOCK, as_of__lte=NOW).order_by("-as_of")[:1], ("stockverdict_once",),
    ),
    Pattern(
        "Newest alerts", "alerts page", "themes.ThemeAlert",
        lambda rows: rows.filter(as_of__lte=NOW).order_by("-as_of")[:50], ("themealert_as_of",),
    ),
    Pattern(
        "Predictions that are due", "settlement", "themes.SympathyTicket",
        lambda rows: rows.filter(settled_at__isnull=True, window_ends_at__lte=NOW - WEEK), ("sympathyticket_open",),
    ),
    # sentiment
    Pattern(
        "Sentiment of a stock by source", "symbol page", "themes.SymbolSentiment",
        lambda rows: rows.filter(instrument=STOCK, timestamp__lte=NOW).order_by("-timestamp")[:4],
        ("symbolsentiment_current",),
    ),
    Pattern(
        "A symbol's aggregated sentiment over time", "symbol page, API", "themes.AggregatedSentiment",
        lambda rows: rows.filter(symbol=SYMBOL, timestamp__gt=NOW - WEEK, timestamp__lte=NOW).order_by("timestamp"),
        ("idx_agg_symbol_timestamp", "aggregatedsentiment_once"),
    ),
    Pattern(
        "A symbol's confluence over time", "confluence page, API", "themes.ConfluenceScore",
        lambda rows: rows.filter(symbol=SYMBOL, timestamp__gt=NOW - WEEK, timestamp__lte=NOW).order_by("timestamp"),
        ("idx_conf_symbol_timestamp", "confluence_once"),
    ),
    Pattern(
        "Sentiment of single posts about a stock", "symbol page", "themes.TweetSentiment",
        lambda rows: rows.filter(instrument=STOCK, event_at__gt=NOW - WEEK, event_at__lte=NOW).order_by("-event_at"),
        ("tweetsentiment_instrument",),
    ),
    Pattern(
        "Old sentiments of posts", "retention", "themes.TweetSentiment",
        lambda rows: rows.filter(event_at__lt=NOW - 18 * DAY).order_by("event_at"),
        ("tweetsentiment_event",),
    ),
    # other rooms
    Pattern(
        "Catalysts of a stock", "stock page, alerts", "universe.Catalyst",
        lambda rows: rows.filter(instrument=STOCK, event_at__gt=NOW - 5 * DAY, event_at__lte=NOW).order_by("-event_at"),
        ("universe_ca_instrum_28c067_idx",),
    ),
    Pattern(
        "The light of a sector at a moment", "grid, time machine", "sectors.SectorReading",
        lambda rows: rows.filter(sector="technology", as_of__lte=NOW).order_by("-as_of")[:1],
        ("sector_sentiment_current", "sector_sentiment_pkey"),
    ),
    Pattern(
        "A book's days", "book page", "portfolios.PortfolioSnapshot",
        lambda rows: rows.filter(portfolio=THEME).order_by("-snapshot_date")[:60], ("snapshot_portfolio_date",
        "snapshot_once_a_day"),
    ),
    Pattern(
        "The crypto regime at a moment", "macro page, time machine", "macro.MacroSentimentAnalysis",
        lambda rows: rows.filter(analysis_timestamp__lte=NOW).order_by("-analysis_timestamp")[:1],
        ("macro_analysis_timestamp", "macro_analysis_timestamp_once"),
    ),
)  # fmt: skip
