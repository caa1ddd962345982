"""The operators' list of crypto-linked stocks."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from macro.models import CryptoLink


class InForce(admin.SimpleListFilter):
    """Links by whether they still hold."""

    title = "Still so?"
    parameter_name = "in_force"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Both."""
        return [("yes", "yes"), ("no", "ended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CryptoLink]) -> QuerySet[CryptoLink]:
        """Narrowed to the chosen kind."""
        ended = Q(until__isnull=False)
        return queryset.filter(ended if self.value() == "no" else ~ended) if self.value() else queryset


@admin.register(CryptoLink)
class CryptoLinkAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Add a link, or end one with `until`: an ended link stays, because earlier moments show it."""

    list_display = ("symbol", "link_type", "since", "until", "source", "is_simulated")
    list_filter = (InForce, "link_type", "is_simulated")
    search_fields: ClassVar = ["symbol"]
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Links are ended, not deleted."""
        return False
