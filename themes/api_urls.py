"""Addresses of the themes' JSON API, under /api/themes/."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "themes_api"

urlpatterns: list[URLPattern] = []
