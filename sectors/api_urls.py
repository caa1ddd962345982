"""Addresses of the sectors' JSON API, under /api/sectors/."""

from django.urls import path

from sectors import api

app_name = "sectors_api"

urlpatterns = [
    path("", api.GridView.as_view(), name="grid"),
    path("runs/", api.RunsView.as_view(), name="runs"),
    path("runs/<int:job_run_id>/", api.RunStatusView.as_view(), name="run"),
    path("<slug:sector>/", api.SectorView.as_view(), name="sector"),
    path("<slug:sector>/history/", api.HistoryView.as_view(), name="history"),
]
