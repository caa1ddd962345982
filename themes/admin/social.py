"""What people write on the operator's desk: evidence to read, and accounts to follow."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from sentiment_site.jobs.admin import EvidenceAdmin
from themes.models import (
    AggregatedSentiment,
    DivergenceOutcome,
    Influencer,
    InfluencerCall,
    NewsSentiment,
    RedditPost,
    RedditSentiment,
    SentimentPass,
    SymbolSentiment,
    Tweet,
    TweetSentiment,
)
from themes.social.accounts import track_account


class WhichAccounts(admin.SimpleListFilter):
    """Accounts by what an operator looks for."""

    title = "Which accounts"
    parameter_name = "which"
    choices_of = {
        "tracked": ("tracked", Q(is_tracked=True)),
        "bots": ("taken for bots", Q(is_bot=True)),
        "judged": ("with ten settled calls or more", Q(calls__gte=10)),
        "large": ("with 100,000 followers or more", Q(followers__gte=100_000)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The questions."""
        return [(value, title) for value, (title, _) in self.choices_of.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Influencer]) -> QuerySet[Influencer]:
        """Accounts that answer the question."""
        chosen = self.choices_of.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(chosen[1])


@admin.register(Influencer)
class InfluencerAdmin(EvidenceAdmin):
    """Accounts, largest first. Nothing of one is edited; whether it is tracked is an action, and is logged."""

    list_display = (
        "username", "platform", "followers", "credibility", "weight", "calls", "hits", "is_bot", "bot_reason",
        "is_tracked", "updated_at",
    )  # fmt: skip
    list_filter = (WhichAccounts, "platform")
    search_fields = ("username", "=account_id")
    ordering = ("-followers", "username")
    actions = ("track_selected", "untrack_selected")

    def has_track_permission(self, request: HttpRequest) -> bool:
        """Who may choose accounts."""
        return bool(request.user.has_perm("themes.change_influencer"))

    @admin.action(description="Track", permissions=["track"])
    def track_selected(self, request: HttpRequest, queryset: QuerySet[Influencer]) -> None:
        """Choose them."""
        self._track(request, queryset, tracked=True)

    @admin.action(description="No longer track", permissions=["track"])
    def untrack_selected(self, request: HttpRequest, queryset: QuerySet[Influencer]) -> None:
        """Let them go."""
        self._track(request, queryset, tracked=False)

    def _track(self, request: HttpRequest, queryset: QuerySet[Influencer], *, tracked: bool) -> None:
        changed = list(queryset.exclude(is_tracked=tracked))
        for row in changed:
            track_account(row.pk, tracked=tracked, author=request.user)
        words = "tracked" if tracked else "no longer tracked"
        self.message_user(request, f"{len(changed)} {words}", messages.INFO)


@admin.register(InfluencerCall)
class InfluencerCallAdmin(EvidenceAdmin):
    """Calls of accounts, newest first."""

    list_display = ("called_at", "influencer", "instrument", "direction", "session", "state", "excess_move", "is_hit")
    list_filter = ("state", "is_hit", "is_simulated")
    list_select_related = ("influencer", "instrument")
    raw_id_fields = ("influencer", "instrument")
    search_fields = ("=instrument__symbol", "=influencer__username")
    ordering = ("-called_at", "-pk")


@admin.register(DivergenceOutcome)
class DivergenceOutcomeAdmin(EvidenceAdmin):
    """Sources that contradicted each other, newest first."""

    list_display = (
        "diverged_at", "instrument", "bearish_source", "bullish_source", "horizon", "state", "excess_move",
        "right_source",
    )  # fmt: skip
    list_filter = ("state", "horizon", "right_source", "is_simulated")
    list_select_related = ("instrument",)
    raw_id_fields = ("instrument",)
    search_fields = ("=instrument__symbol",)
    ordering = ("-diverged_at", "-pk")


@admin.register(SentimentPass)
class SentimentPassAdmin(EvidenceAdmin):
    """Passes, newest first: what entered, what was missing, how long it took."""

    list_display = (
        "as_of", "recorded_at", "stocks", "silent", "divergent", "texts", "lacking", "duration_ms", "is_simulated",
    )  # fmt: skip
    list_filter = ("is_simulated",)
    ordering = ("-as_of",)

    @admin.display(description="missing")
    def lacking(self, row: SentimentPass) -> str:
        """Sources that were not read, and why."""
        return "; ".join(f"{name}: {facts['missing']}" for name, facts in row.sources.items() if facts.get("missing"))


@admin.register(AggregatedSentiment)
class AggregatedSentimentAdmin(EvidenceAdmin):
    """All sources of a stock, newest first, found by symbol."""

    list_display = (
        "timestamp", "symbol", "unified_sentiment", "sentiment_level", "confidence", "source_count",
        "total_mention_count", "volume_trend", "divergence_detected",
    )  # fmt: skip
    list_filter = ("sentiment_level", "divergence_detected", "volume_trend", "is_simulated")
    raw_id_fields = ("instrument",)
    search_fields = ("=symbol",)
    ordering = ("-timestamp", "symbol")


@admin.register(SymbolSentiment)
class SymbolSentimentAdmin(EvidenceAdmin):
    """One source of a stock, newest first, found by symbol."""

    list_display = (
        "timestamp", "instrument", "source", "score", "quality", "mention_count", "expected_mentions", "mention_z",
        "volume_trend",
    )  # fmt: skip
    list_filter = ("source", "volume_trend")
    list_select_related = ("instrument",)
    raw_id_fields = ("instrument",)
    search_fields = ("=instrument__symbol",)
    ordering = ("-timestamp", "instrument_id")


class TextSentimentAdmin(EvidenceAdmin):
    """What texts say of stocks, newest first."""

    list_display = ("event_at", "instrument", "document_key", "label", "score", "weight", "engine_version")
    list_filter = ("label", "engine_version")
    list_select_related = ("instrument",)
    search_fields = ("=instrument__symbol", "=document_key")
    ordering = ("-event_at", "-pk")


@admin.register(TweetSentiment)
class TweetSentimentAdmin(TextSentimentAdmin):
    """Posts on X."""

    raw_id_fields = ("instrument", "tweet")


@admin.register(RedditSentiment)
class RedditSentimentAdmin(TextSentimentAdmin):
    """Posts on Reddit."""

    raw_id_fields = ("instrument", "reddit_post")


@admin.register(NewsSentiment)
class NewsSentimentAdmin(TextSentimentAdmin):
    """Articles, press releases and filings."""

    raw_id_fields = ("instrument", "document")


class PostAdmin(EvidenceAdmin):
    """Counts of posts, newest first."""

    list_select_related = ("document", "influencer")
    list_filter = ("document__is_simulated",)
    raw_id_fields = ("document", "influencer")
    search_fields = ("=influencer__username",)
    ordering = ("-document_id",)


@admin.register(Tweet)
class TweetAdmin(PostAdmin):
    """Posts on X with their counts."""

    list_display = ("document", "influencer", "likes", "reposts", "replies", "quotes", "views", "spam_score")


@admin.register(RedditPost)
class RedditPostAdmin(PostAdmin):
    """Posts on Reddit with their counts."""

    list_display = ("document", "influencer", "subreddit", "score", "upvote_ratio", "comments", "spam_score")
