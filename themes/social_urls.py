"""Addresses of the pages on what people write and trade, under /social/: sentiment, confluence, influencers, copies."""

from __future__ import annotations

from django.urls import path, re_path

from themes.options import views as options
from themes.social import account_views, views

app_name = "social"

urlpatterns = [
    path("", views.symbols, name="symbols"),
    path("symbols.csv", views.export, name="export"),
    path("influencers/", account_views.influencers, name="influencers"),
    path("influencers/<int:pk>/", account_views.influencer, name="influencer"),
    path("influencers/<int:pk>/track/", account_views.track, name="track"),
    path("confluence/", options.board, name="confluence"),
    path("confluence/export.csv", options.export, name="confluence-csv"),
    path("confluence/<str:symbol>/", options.symbol, name="confluence-symbol"),
    path("coordination/", account_views.copies, name="coordination"),
    # symbols begin with a capital or a figure, so that no page above is taken for one
    re_path(r"^(?P<symbol>[A-Z0-9][A-Za-z0-9.\-]{0,15})/$", views.symbol, name="symbol"),
    re_path(r"^(?P<symbol>[A-Z0-9][A-Za-z0-9.\-]{0,15})/series\.json$", views.series, name="series"),
    re_path(r"^(?P<symbol>[A-Z0-9][A-Za-z0-9.\-]{0,15})/timeline/$", views.table, name="timeline"),
]
