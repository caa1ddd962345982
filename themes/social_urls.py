"""Addresses of the pages on what people write and trade, under /social/: sentiment, confluence, influencers, copies."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "social"

urlpatterns: list[URLPattern] = []
