"""Books on the operator's desk: read only, every figure where it came from, and whether each book adds up."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest

from sentiment_site.jobs.admin import EvidenceAdmin

from .admin import QuestionFilter
from .books.audit import find_breaks
from .books.ledger import ENTRY_PRICE, today
from .books.positions import restore_position
from .books.remaking import remake_all
from .models import (
    CashFlow,
    ImportBatch,
    Portfolio,
    Position,
    Tag,
)

ALIVE = Q(deleted_at__isnull=True)
CHECKED_MAX = 100


class IsItThere(QuestionFilter):
    """Deleted rows stay."""

    title = "Is it deleted"
    parameter_name = "deleted"
    answers = {"no": ("no", ALIVE), "yes": ("yes, and can be restored", ~ALIVE)}


class WhoseBook(QuestionFilter):
    """People and visitors."""

    title = "Whose book"
    parameter_name = "whose"
    answers = {
        "people": ("a person's", Q(user__is_demo=False)),
        "demos": ("a demo's", Q(user__is_demo=True, user__copied_from__isnull=True)),
        "copies": ("a visitor's", Q(user__copied_from__isnull=False)),
    }


class WhatAboutIt(QuestionFilter):
    """Questions about positions."""

    unsettled = "unsettled"

    title = "What about it"
    parameter_name = "what"
    answers = {
        "open": ("open", ALIVE & Q(closed_on__isnull=True)),
        "closed": ("closed", ALIVE & Q(closed_on__isnull=False)),
        "unknown": ("open, and its stock is not known here", ALIVE & Q(closed_on=None, instrument=None)),
        "unpriced": ("open, and stands at its entry price", ALIVE & Q(closed_on=None, last_price_source=ENTRY_PRICE)),
        "adjusted": ("an adjusted contract", ALIVE & Q(option_type__gt="") & ~Q(deliverable_shares=F("multiplier"))),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The answers, and one that depends on the day."""
        waits = (self.unsettled, "an option that waits for its settlement")
        return [*super().lookups(request, model_admin), waits]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The positions of the chosen answer."""
        if self.value() == self.unsettled:
            return queryset.filter(ALIVE, closed_on=None, expiration_date__lt=today())
        return super().queryset(request, queryset)


@admin.register(Portfolio)
class PortfolioAdmin(EvidenceAdmin):
    """Books."""

    list_display = ("name", "user", "cash", "stale_from", "created_at", "deleted_at")
    list_filter = (WhoseBook, IsItThere)
    list_select_related = ("user",)
    search_fields = ("=user__username", "=user__email", "=id")
    ordering = ("-created_at",)
    actions = ("check_selected", "remake_selected")

    @admin.action(description="Check that the book adds up")
    def check_selected(self, request: HttpRequest, queryset: QuerySet[Portfolio]) -> None:
        """Say what does not add up, of at most a hundred books."""
        for book in queryset.select_related("user")[:CHECKED_MAX]:
            breaks = find_breaks(book)
            if breaks:
                self.message_user(request, f"{book.user}: {'; '.join(breaks[:10])}", messages.ERROR)
            else:
                self.message_user(request, f"{book.user}: everything adds up.", messages.SUCCESS)

    @admin.action(description="Make every daily row anew", permissions=["operate"])
    def remake_selected(self, request: HttpRequest, queryset: QuerySet[Portfolio]) -> None:
        """Mark at most a hundred books stale from their first day on; the batch finds them within a minute."""
        for book in queryset.filter(ALIVE).select_related("user")[:CHECKED_MAX]:
            first = remake_all(book)
            if first is None:
                self.message_user(request, f"{book.user}: nothing ever happened in it.", messages.WARNING)
                continue
            self.log_change(request, book, f"Stale from {first}.")
            self.message_user(request, f"{book.user}: made anew from {first} on.", messages.SUCCESS)


@admin.register(Position)
class PositionAdmin(EvidenceAdmin):
    """Positions of every book."""

    list_display = (
        "symbol",
        "position_type",
        "quantity",
        "owner",
        "entry_price",
        "market_value",
        "closed_on",
        "deleted_at",
    )
    list_filter = (WhatAboutIt, IsItThere, "position_type")
    list_select_related = ("portfolio__user",)
    search_fields = ("symbol", "=portfolio__user__username", "=id")
    ordering = ("-created_at",)
    actions = ("restore_selected",)

    @admin.display(description="of")
    def owner(self, position: Position) -> str:
        """Whose it is."""
        return position.portfolio.user.username

    @admin.action(description="Restore deleted positions")
    def restore_selected(self, request: HttpRequest, queryset: QuerySet[Position]) -> None:
        """Put them back with their cash, for those who may operate."""
        if not self.has_operate_permission(request):
            self.message_user(request, "That needs the right to operate jobs.", messages.ERROR)
            return
        for position in queryset.filter(deleted_at__isnull=False).select_related("portfolio"):
            try:
                restore_position(position.portfolio, position.pk)
            except ValidationError as error:
                self.message_user(request, f"{position}: {' '.join(error.messages)}", messages.ERROR)
            else:
                self.log_change(request, position, "Restored.")
                self.message_user(request, f"{position}: restored.", messages.SUCCESS)


@admin.register(Tag)
class TagAdmin(EvidenceAdmin):
    """Tags."""

    list_display = ("name", "tag_type", "user", "usage_count", "deleted_at")
    list_filter = ("tag_type", IsItThere)
    list_select_related = ("user",)
    search_fields = ("name", "=user__username")


@admin.register(CashFlow)
class CashFlowAdmin(EvidenceAdmin):
    """Money that moved."""

    list_display = ("flowed_on", "kind", "leg", "amount", "in_kind", "portfolio", "note", "deleted_at")
    list_filter = ("kind", IsItThere)
    list_select_related = ("portfolio",)
    search_fields = ("=portfolio__user__username", "=portfolio__id", "note")
    ordering = ("-flowed_on", "-created_at")


@admin.register(ImportBatch)
class ImportBatchAdmin(EvidenceAdmin):
    """Uploaded files; their content is nobody's to see."""

    list_display = ("file_name", "preset", "state", "rows", "problems", "duplicates", "created_count", "created_at")
    list_filter = ("state", "preset")
    search_fields = ("=portfolio__user__username", "file_name", "=sha256")
    ordering = ("-created_at",)
    exclude = ("content", "preview")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportBatch]:
        """Without the files."""
        return super().get_queryset(request).defer("content", "preview")
