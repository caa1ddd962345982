"""Addresses of the crypto pages."""

from django.urls import path

from macro import views

app_name = "macro"

urlpatterns = [
    path("", views.regime, name="regime"),
    path("chip/", views.chip, name="chip"),
    path("freshness/", views.freshness, name="freshness"),
    path("series.json", views.series, name="series"),
    path("table/", views.table, name="table"),
    path("stocks/", views.stocks, name="stocks"),
    path("health/", views.health, name="health"),
    path("scan/", views.scan, name="scan"),
    path("bootstrap/", views.bootstrap, name="bootstrap"),
    path("charts/<slug:name>.png", views.chart, name="chart"),
]
