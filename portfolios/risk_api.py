"""The risk of one's own book as JSON: Greeks, exposures, factors, ratios, clusters, stress, and the light."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from portfolios.kernels.stress import Scenario

from . import risk_examples as shown
from . import risk_serializers as shapes
from .book_api import AS_OF, BookView, valid
from .risk import selectors
from .risk.asking import BOUNDS, Asked, make_scenario, parse_asked

GREEKS = OpenApiParameter(
    "greeks",
    OpenApiTypes.STR,
    enum=["mock", "model"],
    description="Whose deltas weigh options: the fixed table (default) or Black-Scholes-Merton.",
)
PARAMETERS = [AS_OF, GREEKS]
SCENARIO = [
    OpenApiParameter("name", OpenApiTypes.STR, description="Name of a scenario of your own."),
    *(
        OpenApiParameter(
            name, OpenApiTypes.FLOAT, description=f"A fraction, {BOUNDS[name][0]:g} to {BOUNDS[name][1]:g}."
        )
        for name in ("market", "volatility", "rates")
    ),
    OpenApiParameter("sector", OpenApiTypes.STR, many=True, description="A sector's move, such as technology:-0.1."),
    OpenApiParameter("shock", OpenApiTypes.STR, many=True, description="A stock's own move, such as SOUN:0.4."),
]


class RiskView(BookView):
    """What the calls share: the moment and whose Greeks, refused by name where they cannot be read."""

    def asked(self, request: Request, *, scenario: bool = False) -> Asked:
        """The parameters. Http404 for a moment before the book was there."""
        asked = parse_asked(request.query_params, scenario=scenario)
        if asked.as_of is not None and asked.as_of < self.book.created_at:
            raise Http404("There was no such book then.")
        return asked


def read_view(
    name: str, summary: str, description: str, read: Callable[..., Any], shape: type[Any], example: dict[str, Any]
) -> type[RiskView]:
    """The call that answers with what a selector says of the caller's own book."""

    class View(RiskView):
        @extend_schema(
            operation_id=f"portfolio_{name}",
            summary=summary,
            description=description,
            parameters=PARAMETERS,
            responses=shape,
            examples=[OpenApiExample(name, value=example, response_only=True)],
        )
        def get(self, request: Request) -> Response:
            asked = self.asked(request)
            return Response(shape(read(self.book, asked.as_of, source=asked.source)).data)

    return View


GreeksView = read_view(
    "greeks",
    "Greeks of your positions, mock and model side by side",
    "The two are never added up. What the model cannot value is named with its reason.",
    selectors.get_greeks,
    shapes.BookGreeksSerializer,
    shown.GREEKS,
)
ExposuresView = read_view(
    "exposures",
    "What your book is exposed to",
    "The book, and by sector, tag, option and underlying.",
    selectors.get_exposures,
    shapes.ExposuresSerializer,
    shown.EXPOSURES,
)
FactorsView = read_view(
    "factors",
    "Factor betas of your book with their bands",
    "The eight in their order; those without bars say so.",
    selectors.get_factors,
    shapes.FactorViewSerializer,
    shown.FACTORS,
)
RatiosView = read_view(
    "ratios",
    "Volatility, Sharpe, drawdown and the like of your book",
    "Of the stored daily rows, at most 252.",
    selectors.get_ratios,
    shapes.RatioViewSerializer,
    shown.RATIOS,
)
ClustersView = read_view(
    "clusters",
    "Which of your names are one bet",
    "Clusters of correlation .5 or more, largest first.",
    selectors.get_clusters,
    shapes.ClusterViewSerializer,
    shown.CLUSTERS,
)
LightView = read_view(
    "light",
    "Your book held against the sector light",
    "Each position beside its sector, headlines, and warnings where the book fights the light.",
    selectors.get_lit_book,
    shapes.LitViewSerializer,
    shown.LIGHT,
)


class StressView(RiskView):
    """Stress."""

    example = OpenApiExample("stress", value=shown.STRESS, response_only=True)

    @extend_schema(
        operation_id="portfolio_stress",
        summary="Your book under the standing scenarios, or under one of your own",
        parameters=[*PARAMETERS, *SCENARIO],
        responses=shapes.StressViewSerializer,
        examples=[example],
    )
    def get(self, request: Request) -> Response:
        """Options are repriced by the model."""
        asked = self.asked(request, scenario=True)
        return self._stressed(asked, None if asked.scenario is None else [asked.scenario])

    @extend_schema(
        operation_id="portfolio_stress_own",
        summary="Your book under scenarios of your own",
        parameters=PARAMETERS,
        request=shapes.ScenariosSerializer,
        responses=shapes.StressViewSerializer,
        examples=[OpenApiExample("a theme breaks", value=shown.OWN_SCENARIOS, request_only=True), example],
    )
    def post(self, request: Request) -> Response:
        """Nothing is stored."""
        asked = self.asked(request)
        given = valid(shapes.ScenariosSerializer(data=request.data))["scenarios"]
        return self._stressed(asked, [make_scenario(**one) for one in given])

    def _stressed(self, asked: Asked, scenarios: Sequence[Scenario] | None) -> Response:
        view = selectors.get_stress(self.book, scenarios, asked.as_of, source=asked.source)
        return Response(shapes.StressViewSerializer(view).data)
