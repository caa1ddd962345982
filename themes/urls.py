"""Addresses of the themes' pages, under /themes/: stories, temperature, manipulation, sympathy, alerts."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "themes"

urlpatterns: list[URLPattern] = []
