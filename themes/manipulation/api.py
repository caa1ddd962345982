"""The manipulation risk's API: the same rows as the page, the same time machine."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sectors.api import AS_OF, PrivateMixin, asked_moment
from themes.alerts.api import refuse_unknown
from universe.models import Instrument

from .pictures import PHASE_WORDS
from .selectors import BANDS, history, latest_pass, watch_list
from .serializers import StockRiskSerializer, WatchSerializer

BAND = OpenApiParameter("band", OpenApiTypes.STR, enum=[band.lower() for band in BANDS], description="At least.")
PHASE = OpenApiParameter("phase", OpenApiTypes.STR, enum=[phase.lower() for phase in PHASE_WORDS])
RISK_EXAMPLE: dict[str, Any] = {
    "as_of": "2026-08-21T15:00:00Z",
    "recorded_at": "2026-08-21T15:15:49Z",
    "data_at": "2026-08-21T15:15:41Z",
    "symbol": "QNTM",
    "risk": 0.731,
    "raw": 0.731,
    "band": "SEVERE",
    "cause": "spike",
    "flags_part": 0.839,
    "behaviour_part": 0.6,
    "evidence_coverage": 0.94,
    "flags": [
        {
            "key": "move", "group": "market", "title": "move of 100 % in 1-3 days", "value": 110.0, "weight": 0.35,
            "effect": 0.0477, "source": None,
        }
    ],
    "card": [
        {
            "key": "change", "group": "behaviour", "title": "day's change, %", "value": 110.0, "points": 4, "most": 4,
            "effect": 0.108,
        }
    ],
    "missing": ["small_ipo"],
    "mitigators": [],
    "reasons": [{"key": "change", "group": "behaviour", "title": "day's change, %: 4 of 4 points", "effect": 0.108}],
    "facts": {"price": 210.0, "change": 110.0, "rvol": 50.0, "posts_24h": 200.0, "themes": []},
    "phase": "RUN",
    "phase_probability": {"QUIET": 0.01, "RUN": 0.97},
    "timeline": [
        {
            "phase": "RUN", "begin": "2026-08-21T13:30:00+00:00", "end": "2026-08-21T15:00:00+00:00", "bars": 3,
            "probability": 0.94,
        }
    ],
    "version": "flags1 card1",
    "simulated": False,
}  # fmt: skip


class WatchView(PrivateMixin, APIView):
    """The watch list."""

    @extend_schema(
        operation_id="themes_manipulation",
        summary="Suspicious stocks of the newest bar, highest risk first",
        parameters=[AS_OF, BAND, PHASE],
        responses=WatchSerializer,
        examples=[
            OpenApiExample(
                "watch",
                value={
                    "as_of": "2026-08-21T15:00:00Z", "recorded_at": "2026-08-21T15:15:49Z", "screened": 1500,
                    "outcomes": 37, "calibrated": False, "silent": ["press"], "simulated": False,
                    "stocks": [RISK_EXAMPLE],
                },
                response_only=True,
            )
        ],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Those that were read in full, at most 300; the others had nothing suspicious. 404 before the first bar."""
        refuse_unknown(request, frozenset({"as_of", "band", "phase"}))
        as_of = asked_moment(request, "as_of")
        band, phase = (request.query_params.get(name, "").upper() for name in ("band", "phase"))
        if band and band not in BANDS:
            raise ValidationError({"band": [f"Not one of {', '.join(BANDS).lower()}."]})
        if phase and phase not in PHASE_WORDS:
            raise ValidationError({"phase": [f"Not one of {', '.join(PHASE_WORDS).lower()}."]})
        newest = latest_pass(as_of)
        if newest is None:
            raise Http404("No bar had been read by then.")
        bands = BANDS[BANDS.index(band) :] if band else ()
        rows = list(watch_list(as_of, bands=bands, phases=(phase,) if phase else (), newest=newest))
        facts = {name: getattr(newest, name) for name in ("as_of", "recorded_at", "screened", "outcomes")}
        flags = {name: getattr(newest, name) for name in ("is_calibrated", "missing", "is_simulated")}
        return Response(WatchSerializer({**facts, **flags, "stocks": rows}).data)


class StockRiskView(PrivateMixin, APIView):
    """One stock."""

    @extend_schema(
        operation_id="themes_manipulation_stock",
        summary="One stock's newest manipulation risk and its readings of three weeks",
        parameters=[AS_OF],
        responses=StockRiskSerializer,
        examples=[
            OpenApiExample(
                "stock",
                value={
                    "newest": RISK_EXAMPLE,
                    "history": [
                        {
                            "as_of": "2026-08-21T15:00:00Z", "recorded_at": "2026-08-21T15:15:49Z", "risk": 0.731,
                            "band": "SEVERE", "phase": "RUN", "evidence_coverage": 0.94,
                        }
                    ],
                },
                response_only=True,
            )
        ],
    )  # fmt: skip
    def get(self, request: Request, symbol: str) -> Response:
        """404 without a reading: it was not suspicious enough to be read in full."""
        refuse_unknown(request, frozenset({"as_of"}))
        bearer = Instrument.objects.filter(symbol=symbol).order_by("-delisted_on", "-pk").first()
        rows = [] if bearer is None else history(bearer.pk, asked_moment(request, "as_of"))
        if bearer is None or not rows:
            raise Http404(f"No reading of {symbol} is stored.")
        rows[0].instrument = bearer
        return Response(StockRiskSerializer({"newest": rows[0], "history": rows}).data)
