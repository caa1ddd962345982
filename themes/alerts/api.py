"""The alerts' API: the same rows as the page, the same time machine."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sectors.api import AS_OF, Newest, PrivateMixin, asked_moment
from themes.models import ThemeAlert

from .selectors import filter_alerts, measure_latency
from .serializers import AlertSerializer, LatencySerializer
from .services import KINDS, SEVERITIES

ALERT_EXAMPLE: dict[str, Any] = {
    "id": 4711,
    "kind": "manipulation",
    "severity": 3,
    "subject": "QNTM",
    "symbol": "QNTM",
    "theme_id": None,
    "text": "QNTM: manipulation risk 0.73 SEVERE: move of 100 % in 1-3 days; volume 40 times the usual",
    "facts": {"risk": 0.731, "band": "SEVERE", "phase": "RUN", "coverage": 0.94},
    "as_of": "2026-08-21T15:00:00Z",
    "data_at": "2026-08-21T15:15:41Z",
    "announced_at": "2026-08-21T15:15:49Z",
    "latency_s": 8.0,
    "simulated": False,
}
KIND = OpenApiParameter("kind", OpenApiTypes.STR, enum=list(KINDS))
SEVERITY = OpenApiParameter("severity", OpenApiTypes.INT, enum=list(SEVERITIES), description="At least.")
SYMBOL = OpenApiParameter("symbol", OpenApiTypes.STR, description="About one stock; the case counts.")
ALLOWED = frozenset({"as_of", "kind", "severity", "symbol", "limit", "cursor"})


class AlertsView(PrivateMixin, ListAPIView[ThemeAlert]):
    """Alerts."""

    serializer_class = AlertSerializer
    pagination_class = Newest
    filter_backends = ()

    def get_queryset(self) -> QuerySet[ThemeAlert]:
        """As filtered, announced by `as_of`."""
        if getattr(self, "swagger_fake_view", False):
            return ThemeAlert.objects.none()
        params = self.request.query_params
        refuse_unknown(self.request, ALLOWED)
        kind, severity, symbol = params.get("kind", ""), params.get("severity", "1"), params.get("symbol", "")
        if kind and kind not in KINDS:
            raise ValidationError({"kind": [f"Not one of {', '.join(KINDS)}."]})
        if severity not in {str(one) for one in SEVERITIES}:
            raise ValidationError({"severity": ["Not 1, 2 or 3."]})
        if len(symbol) > 16 or "\x00" in symbol:
            raise ValidationError({"symbol": ["Not a symbol."]})
        at = asked_moment(self.request, "as_of")
        return filter_alerts(at, (kind,) if kind else (), severity=int(severity), symbol=symbol)

    @extend_schema(
        operation_id="themes_alerts",
        summary="Alerts with their latency, newest first",
        parameters=[AS_OF, KIND, SEVERITY, SYMBOL],
        examples=[OpenApiExample("alert", value=ALERT_EXAMPLE, response_only=True)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """By cursor; `limit` up to 500."""
        return super().get(request, *args, **kwargs)


class LatencyView(PrivateMixin, APIView):
    """How long alerts take."""

    @extend_schema(
        operation_id="themes_alert_latency",
        summary="Seconds from the data to the alert over the last 24 hours",
        parameters=[AS_OF],
        responses=LatencySerializer(many=True),
        examples=[
            OpenApiExample(
                "latency",
                value=[{"kind": "all", "alerts": 31, "p50": 6.2, "p90": 11.8, "within": 1.0}],
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """Of all alerts, then by kind; market time."""
        refuse_unknown(request, frozenset({"as_of"}))
        return Response(LatencySerializer(measure_latency(asked_moment(request, "as_of")), many=True).data)


def refuse_unknown(request: Request, allowed: frozenset[str]) -> None:
    """ValidationError for a parameter that is misspelt."""
    unknown = {name: ["unknown parameter"] for name in request.query_params if name not in allowed}
    if unknown:
        raise ValidationError(unknown)
