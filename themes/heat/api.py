"""The temperature's API: the same rows as the page, the same time machine."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sectors.api import AS_OF, FROM, TO, PrivateMixin, asked_moment
from sentiment_site.market import clock
from sentiment_site.market.sectors import SECTOR_BY_KEY
from themes.models import TemperaturePass, TemperatureReading, ThemeMembership
from universe.models import Instrument

from .selectors import verdicts_at
from .serializers import TemperatureSerializer, VerdictSerializer

LEVELS = tuple(TemperatureReading.Level.values)
SYMBOL = OpenApiParameter("symbol", OpenApiTypes.STR, description="One stock; the case counts.")
SECTOR = OpenApiParameter("sector", OpenApiTypes.STR, enum=list(SECTOR_BY_KEY))
THEME = OpenApiParameter("theme", OpenApiTypes.UUID, description="Members of this theme at the moment shown.")
LEVEL = OpenApiParameter("level", OpenApiTypes.STR, enum=list(LEVELS), description="Exactly this level.")
TEMPERATURE_EXAMPLE: dict[str, Any] = {
    "as_of": "2026-08-21T16:00:00Z",
    "recorded_at": "2026-08-21T16:17:02Z",
    "symbol": "QNTM",
    "sector": "technology",
    "level": "hot",
    "hour_alone": "hot",
    "change": 9.0,
    "volume_multiple": 6.0,
    "acceleration": 4.5,
    "pace": "accelerating",
    "squeeze_risk": 0.31,
    "squeeze": {"low": 0.26, "high": 0.35, "missing": ["borrow fee, % a year", "utilisation of lendable shares, %"]},
    "trading_recommendation": "CAUTION_HOT",
    "reasons": {
        "rule": 7,
        "reasons": [{"input": "level", "value": 2.0, "sign": "=", "threshold": [2.0]}],
        "unknown": [],
    },
    "simulated": False,
}
VERDICT_EXAMPLE: dict[str, Any] = {
    "as_of": "2026-08-21T16:00:00Z",
    "recorded_at": "2026-08-21T16:17:02Z",
    "symbol": "QNTM",
    "can_short": "unknown",
    "should_short": "avoid",
    "verdict": "AVOID SHORTS",
    "sector_score": -0.35,
    "theme": "quantum computing",
    "theme_id": "6f3b2c9e-4a57-4f0e-9d43-2a1f6f0f8d11",
    "theme_term": 0.57,
    "score": 0.22,
    "trace": [
        {
            "part": "should", "rule": "theme", "title": "the theme's term of the 60/40 override", "holds": True,
            "inputs": [{"input": "theme_term", "value": 0.57, "sign": "+", "threshold": []}], "unknown": [],
            "effect": "avoid",
        }
    ],
}  # fmt: skip


class NewestFirst(CursorPagination):
    """By moment, then by stock: append-only rows, no COUNT."""

    page_size = 100
    max_page_size = 500
    page_size_query_param = "limit"
    ordering = ("-as_of", "instrument_id")


class TemperatureView(PrivateMixin, ListAPIView[TemperatureReading]):
    """Stored temperatures."""

    serializer_class = TemperatureSerializer
    pagination_class = NewestFirst
    filter_backends = ()

    def get_queryset(self) -> QuerySet[TemperatureReading]:
        """As filtered, known at `as_of`."""
        if getattr(self, "swagger_fake_view", False):
            return TemperatureReading.objects.none()
        at = asked_moment(self.request, "as_of") or clock.now()
        rows = TemperatureReading.objects.filter(as_of__lte=at, recorded_at__lte=at).select_related("instrument")
        for name, lookup in (("from", "as_of__gte"), ("to", "as_of__lte")):
            if (moment := asked_moment(self.request, name)) is not None:
                rows = rows.filter(**{lookup: moment})
        params = self.request.query_params
        if symbol := params.get("symbol", ""):
            rows = rows.filter(instrument__symbol=symbol)
        if sector := params.get("sector", ""):
            rows = rows.filter(sector=_one_of("sector", sector, tuple(SECTOR_BY_KEY)))
        if level := params.get("level", ""):
            rows = rows.filter(temperature_classification=_one_of("level", level, LEVELS))
        if theme := params.get("theme", ""):
            members = ThemeMembership.objects.filter(theme=_uuid(theme), since__lte=at, recorded_at__lte=at)
            members = members.filter(Q(until__isnull=True) | Q(until__gt=at))
            rows = rows.filter(instrument__in=members.values("instrument_id"))
        simulated = TemperaturePass.objects.filter(as_of=OuterRef("as_of"), is_simulated=True)
        return rows.annotate(is_simulated=Exists(simulated))

    @extend_schema(
        operation_id="themes_temperature",
        summary="Temperatures, newest first",
        parameters=[AS_OF, FROM, TO, SYMBOL, SECTOR, THEME, LEVEL],
        examples=[OpenApiExample("temperature", value=TEMPERATURE_EXAMPLE, response_only=True)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Stocks that were warm or belong to a theme; the others were cold. By cursor; `limit` up to 500."""
        return super().get(request, *args, **kwargs)


class VerdictView(PrivateMixin, APIView):
    """A stock's verdict."""

    @extend_schema(
        operation_id="themes_verdict",
        summary="One stock's verdict with the trace of its rules",
        parameters=[AS_OF],
        responses=VerdictSerializer,
        examples=[OpenApiExample("verdict", value=VERDICT_EXAMPLE, response_only=True)],
    )
    def get(self, request: Request, symbol: str) -> Response:
        """The newest of this session or the one before; 404 without one: nobody had a reason to judge it."""
        ids = list(Instrument.objects.filter(symbol=symbol).values_list("pk", flat=True))
        found = verdicts_at(ids, asked_moment(request, "as_of"))
        if not found:
            raise Http404(f"No verdict of {symbol} is stored.")
        return Response(VerdictSerializer(max(found.values(), key=lambda row: row.as_of)).data)


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValidationError({name: [f"Not one of {', '.join(known)}."]})
    return value


def _uuid(value: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except ValueError:
        raise ValidationError({"theme": ["Not the id of a theme."]}) from None
