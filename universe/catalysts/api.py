"""What happened to a stock, as JSON."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.db.models import F, QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from sentiment_site.market import clock
from sentiment_site.market.moments import parse_moment
from universe.api import AS_OF, PAGING, Pages, ReadMixin
from universe.models import Catalyst, Instrument

from .models import DIRECTION_CHOICES, KIND_CHOICES
from .selectors import list_documents

EXAMPLE: dict[str, Any] = {
    "kind": "fda_decision",
    "direction": 1,
    "event_at": "2026-08-21T11:31:07Z",
    "recorded_at": "2026-08-21T11:35:02Z",
    "title": "Acme Biosciences wins FDA approval for Velorin",
    "url": "https://www.example.com/news/acme-velorin",
    "document_id": "c9b1f0e2d4",
    "source": "polygon",
    "simulated": False,
    "corrected_because": "",
    "evidence": {"rule": "headline: approved by the regulator", "publisher": "Market Courier", "insight": "positive"},
}


class CatalystSerializer(serializers.ModelSerializer[Catalyst]):
    """One document about the stock, as it counts: with an operator's correction where there is one."""

    kind = serializers.ChoiceField(source="kind_now", choices=KIND_CHOICES)
    direction = serializers.ChoiceField(
        source="direction_now",
        choices=DIRECTION_CHOICES,
        allow_null=True,
        help_text="+1, -1, or null: the event is known, its direction is not; it counts for nothing yet.",
    )
    source = serializers.CharField(source="source.name")  # type: ignore[assignment]  # a field, not Field.source
    simulated = serializers.BooleanField(source="source.is_simulated")
    corrected_because = serializers.CharField(help_text="An operator's reason, empty if nobody corrected it.")
    evidence = serializers.DictField(help_text="What was decisive in the document.")

    class Meta:
        model = Catalyst
        fields = (
            "kind",
            "direction",
            "event_at",
            "recorded_at",
            "title",
            "url",
            "document_id",
            "source",
            "simulated",
            "corrected_because",
            "evidence",
        )


class StockCatalystsView(ReadMixin, ListAPIView[Catalyst]):
    """Filings and news of a stock."""

    serializer_class = CatalystSerializer
    pagination_class = Pages
    filter_backends = ()
    allowed: ClassVar[tuple[str, ...]] = ("as_of", *PAGING)

    def get_queryset(self) -> QuerySet[Catalyst]:
        """Documents known at `as_of`. 404 for a symbol that nobody listed bears."""
        if getattr(self, "swagger_fake_view", False):
            return Catalyst.objects.none()
        symbol = self.kwargs["symbol"]
        bearers = Instrument.objects.filter(symbol=symbol).order_by(F("delisted_on").desc(nulls_first=True), "-pk")
        instrument = bearers.first()
        if instrument is None:
            raise Http404(f"No stock is called {symbol}.")
        return list_documents(instrument.pk, self._moment())

    def _moment(self) -> dt.datetime:
        given = self.request.query_params.get("as_of")
        if not given:
            return clock.now()
        try:
            return parse_moment(given)
        except ValueError as error:
            raise ValidationError({"as_of": [str(error)]}) from error

    @extend_schema(
        operation_id="universe_stock_catalysts_list",
        summary="What happened to a stock: filings and news, newest first",
        parameters=[AS_OF],
        examples=[OpenApiExample("catalyst", value=EXAMPLE, response_only=True)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Document by document; several may tell the same event, which the sector score counts once."""
        return super().get(request, *args, **kwargs)
