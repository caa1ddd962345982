"""One error shape for the whole JSON API, and the API's root addresses."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.response import Response
from rest_framework.views import exception_handler


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as {"error": {"code", "message", "fields"}}, whatever raised it; None for our own bugs (a 500)."""
    response = exception_handler(error, context)
    if response is None:
        return None
    detail = response.data
    fields = detail if isinstance(detail, dict) and "detail" not in detail else {}
    message = detail.get("detail") if isinstance(detail, dict) and "detail" in detail else "The request is not valid."
    code = getattr(error, "default_code", HTTPStatus(response.status_code).name.lower())
    response.data = {"error": {"code": code, "message": str(message), "fields": fields}}
    return response


# Swagger UI puts styles into its own elements; nothing of ours does, so only its page may.
swagger = csp_update({"style-src": [SELF, UNSAFE_INLINE]})(SpectacularSwaggerSplitView.as_view(url_name="schema"))

urlpatterns = [
    path("universe/", include("universe.api_urls")),
    path("sectors/", include("sectors.api_urls")),
    path("themes/", include("themes.api_urls")),
    path("social/", include("themes.social_api_urls")),
    path("macro-sentiment/", include("macro.api_urls")),
    path("portfolio/", include("portfolios.book_api_urls")),
    path("", include("portfolios.api_urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", swagger, name="api-docs"),
]
