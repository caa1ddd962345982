"""One chart of an analysis as a PNG answer. Named by the digest of its figures: asked again, it costs one statement."""

from __future__ import annotations

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

from macro import selectors
from macro.analysis import load_bars
from macro.charts.render import NAMES, load_pictures, picture_key
from macro.charts.series import make_charts
from macro.kernels.engine import compute_path
from macro.models import MacroSentimentAnalysis

__all__ = ["NAMES", "picture_response"]


def picture_response(request: HttpRequest, name: str, analysis: MacroSentimentAnalysis | None) -> HttpResponseBase:
    """The picture, or 304 for who has it already. Http404 for an unknown name and before the first analysis."""
    if name not in NAMES:
        raise Http404(f"No chart is called {name!r}; there are {', '.join(NAMES)}.")
    if analysis is None:
        raise Http404("No analysis was known.")
    etag = f'"{analysis.chart_data_hash[:32]}-{name}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return unchanged
    response = HttpResponse(_load(name, analysis), content_type="image/png")
    response["ETag"] = etag
    return response


def _load(name: str, analysis: MacroSentimentAnalysis) -> bytes:
    held = cache.get(picture_key(analysis.chart_data_hash, name))
    if isinstance(held, bytes):
        return held
    at = analysis.analysis_timestamp
    charts = make_charts(compute_path(load_bars(selectors.load_market(at), at)))
    return load_pictures(charts)[NAMES.index(name)]
