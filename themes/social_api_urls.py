"""Addresses of the JSON API of sentiment, options flow and confluence, under /api/social/."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "social_api"

urlpatterns: list[URLPattern] = []
