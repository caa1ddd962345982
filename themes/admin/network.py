"""The operator's desk for the sympathy network: fits and tickets, to read."""

from __future__ import annotations

from django.contrib import admin

from sentiment_site.jobs.admin import EvidenceAdmin
from themes.models import SympathyNetwork, SympathyTicket

NONE = "–"


@admin.register(SympathyNetwork)
class NetworkAdmin(EvidenceAdmin):
    """Fits, newest first."""

    list_display = (
        "session",
        "kind",
        "as_of",
        "stocks",
        "observations",
        "shrinkage",
        "groups",
        "duration_ms",
        "is_simulated",
    )
    list_filter = ("kind", "is_simulated")
    ordering = ("-as_of",)
    exclude = ("figures",)
    readonly_fields = (
        "session",
        "as_of",
        "recorded_at",
        "kind",
        "base",
        "stocks",
        "observations",
        "shrinkage",
        "communities",
        "facts",
        "is_simulated",
        "duration_ms",
    )

    @admin.display(description="groups")
    def groups(self, row: SympathyNetwork) -> int:
        """How many."""
        return len(row.communities)


@admin.register(SympathyTicket)
class TicketAdmin(EvidenceAdmin):
    """Tickets, newest first. What they said is never changed, not even here."""

    list_display = (
        "made_at",
        "leader",
        "follower",
        "direction",
        "tier",
        "said",
        "settled_at",
        "session_outcome",
        "outcome",
        "settlement_note",
    )
    list_filter = ("tier", "session_outcome", "outcome")
    list_select_related = ("leader", "follower")
    ordering = ("-made_at", "-pk")

    @admin.display(description="P")
    def said(self, row: SympathyTicket) -> str:
        """The probability."""
        return f"{row.probability:.2f}"
