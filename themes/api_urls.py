"""Addresses of the themes' JSON API, under /api/themes/."""

from __future__ import annotations

from django.urls import path

from themes.alerts import api as alerts
from themes.heat import api as heat
from themes.manipulation import api as manipulation
from themes.network import api as network
from themes.pages import api as stories
from themes.pages import operator_api as decisions

app_name = "themes_api"

urlpatterns = [
    path("", stories.BoardView.as_view(), name="board"),
    path("<uuid:theme_id>/", stories.ThemeView.as_view(), name="theme"),
    path("<uuid:theme_id>/members/", stories.MembersView.as_view(), name="members"),
    path("<uuid:theme_id>/timeline/", stories.TimelineView.as_view(), name="timeline"),
    path("<uuid:theme_id>/evidence/", stories.EvidenceView.as_view(), name="evidence"),
    path("<uuid:theme_id>/changes/", stories.ChangesView.as_view(), name="changes"),
    path("<uuid:theme_id>/confirm/", decisions.ConfirmView.as_view(), name="confirm"),
    path("<uuid:theme_id>/rename/", decisions.RenameView.as_view(), name="rename"),
    path("<uuid:theme_id>/merge/", decisions.MergeView.as_view(), name="merge"),
    path("<uuid:theme_id>/retire/", decisions.RetireView.as_view(), name="retire"),
    path("alerts/", alerts.AlertsView.as_view(), name="alerts"),
    path("alerts/latency/", alerts.LatencyView.as_view(), name="alerts-latency"),
    path("manipulation/", manipulation.WatchView.as_view(), name="manipulation"),
    path("manipulation/<str:symbol>/", manipulation.StockRiskView.as_view(), name="manipulation-stock"),
    path("temperature/", heat.TemperatureView.as_view(), name="temperature"),
    path("verdicts/<str:symbol>/", heat.VerdictView.as_view(), name="verdict"),
    path("network/<str:symbol>/", network.StockNetworkView.as_view(), name="network"),
    path("tickets/", network.TicketsView.as_view(), name="tickets"),
    path("tickets/record/", network.TicketRecordView.as_view(), name="tickets-record"),
]
