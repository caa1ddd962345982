"""Addresses of the universe's JSON API, under /api/universe/."""

from django.urls import path

from . import api
from .catalysts.api import StockCatalystsView

app_name = "universe_api"

urlpatterns = [
    path("stocks/", api.StocksView.as_view(), name="stocks"),
    path("stocks/<str:symbol>/", api.StockView.as_view(), name="stock"),
    path("stocks/<str:symbol>/catalysts/", StockCatalystsView.as_view(), name="stock-catalysts"),
    path("runs/", api.RunsView.as_view(), name="runs"),
    path("changes/", api.ChangesView.as_view(), name="changes"),
]
