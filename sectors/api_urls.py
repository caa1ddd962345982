"""Addresses of the sectors' JSON API, under /api/sectors/."""

from django.urls import path

from sectors import api, detail_api

app_name = "sectors_api"

urlpatterns = [
    path("", api.GridView.as_view(), name="grid"),
    path("runs/", api.RunsView.as_view(), name="runs"),
    path("runs/<int:job_run_id>/", api.RunStatusView.as_view(), name="run"),
    path("movers/", detail_api.MoversView.as_view(), name="movers"),
    path("freshness/", detail_api.FreshnessView.as_view(), name="freshness"),
    path("<slug:sector>/", api.SectorView.as_view(), name="sector"),
    path("<slug:sector>/history/", api.HistoryView.as_view(), name="history"),
    path("<slug:sector>/explain/", detail_api.ExplainView.as_view(), name="explain"),
    path("<slug:sector>/stocks/", detail_api.StocksView.as_view(), name="stocks"),
    path("<slug:sector>/stocks/<str:symbol>/", detail_api.StockView.as_view(), name="stock"),
]
