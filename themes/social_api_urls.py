"""Addresses of the JSON API of sentiment, options flow and confluence, under /api/social/."""

from __future__ import annotations

from django.urls import path

from themes.options import api as options
from themes.social import api

app_name = "social_api"

urlpatterns = [
    path("confluence/", options.BoardView.as_view(), name="confluence"),
    path("confluence/<str:symbol>/", options.SymbolView.as_view(), name="confluence-symbol"),
    path("confluence/<str:symbol>/history/", options.HistoryView.as_view(), name="confluence-history"),
    path("options/<str:symbol>/", options.OptionsView.as_view(), name="options"),
    path("symbols/", api.SymbolsView.as_view(), name="symbols"),
    path("symbols/<str:symbol>/", api.SymbolView.as_view(), name="symbol"),
    path("symbols/<str:symbol>/history/", api.HistoryView.as_view(), name="history"),
    path("symbols/<str:symbol>/texts/", api.TextsView.as_view(), name="texts"),
    path("influencers/", api.InfluencersView.as_view(), name="influencers"),
    path("influencers/<int:pk>/", api.InfluencerView.as_view(), name="influencer"),
    path("coordination/", api.CoordinationView.as_view(), name="coordination"),
    path("divergence-record/", api.DivergenceRecordView.as_view(), name="divergence-record"),
]
