"""Addresses of the sector pages."""

from django.urls import path

from sectors import sector_views, stock_views, views

app_name = "sectors"

urlpatterns = [
    path("", views.grid, name="grid"),
    path("sectors/fragment/", views.fragment, name="fragment"),
    path("sectors/freshness/", views.freshness, name="freshness"),
    path("sectors/run/", views.run, name="run"),
    path("sectors/run/cancel/", views.cancel, name="cancel"),
    path("sectors/step/", stock_views.step, name="step"),
    path("stocks/search/", stock_views.search, name="search"),
    path("stocks/<str:symbol>/", stock_views.stock, name="stock"),
    path("sectors/<slug:sector>/", sector_views.sector, name="sector"),
    path("sectors/<slug:sector>/stocks.csv", sector_views.export, name="export"),
    path("sectors/<slug:sector>/series.json", sector_views.series, name="series"),
]
