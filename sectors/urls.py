"""Addresses of the sector pages."""

from django.urls import path

from sectors import views

app_name = "sectors"

urlpatterns = [
    path("", views.grid, name="grid"),
    path("sectors/fragment/", views.fragment, name="fragment"),
    path("sectors/freshness/", views.freshness, name="freshness"),
    path("sectors/run/", views.run, name="run"),
]
