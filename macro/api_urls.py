"""Addresses of the crypto regime's JSON API, under /api/macro-sentiment/: with or without a slash at the end."""

from django.urls import path, re_path

from macro import api

app_name = "macro_api"

urlpatterns = [
    re_path(r"^status/?$", api.StatusView.as_view(), name="status"),
    re_path(r"^history/?$", api.HistoryView.as_view(), name="history"),
    re_path(r"^opinion/?$", api.OpinionView.as_view(), name="opinion"),
    re_path(r"^bootstrap/?$", api.BootstrapView.as_view(), name="bootstrap"),
    re_path(r"^scan/?$", api.ScanView.as_view(), name="scan"),
    re_path(r"^system-health/?$", api.SystemHealthView.as_view(), name="system-health"),
    path("charts/<slug:name>.png", api.ChartView.as_view(), name="chart"),
]
