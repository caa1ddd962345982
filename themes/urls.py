"""Addresses of the themes' pages, under /themes/: stories, temperature, manipulation, sympathy, alerts."""

from __future__ import annotations

from django.urls import path

from themes.alerts.views import alerts
from themes.heat.views import heat
from themes.manipulation.views import manipulation
from themes.manipulation.views import stock as manipulation_stock
from themes.network.views import sympathy
from themes.pages import stock_views, views

app_name = "themes"

urlpatterns = [
    path("", views.board, name="board"),
    path("heat/", heat, name="heat"),
    path("manipulation/", manipulation, name="manipulation"),
    path("manipulation/<str:symbol>/", manipulation_stock, name="manipulation-stock"),
    path("alerts/", alerts, name="alerts"),
    path("sympathy/", sympathy, name="sympathy"),
    path("<uuid:theme_id>/", views.theme, name="theme"),
    path("<uuid:theme_id>/readings/", views.readings, name="readings"),
    path("<uuid:theme_id>/action/", views.action, name="action"),
    path("stocks/<str:symbol>/", stock_views.stock, name="stock"),
]
