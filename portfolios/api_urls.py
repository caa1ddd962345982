"""Addresses of the people's JSON API, under /api/."""

from django.urls import path

from . import api

app_name = "people_api"

urlpatterns = [
    path("auth/token/", api.TokenView.as_view(), name="token"),
    path("auth/token/refresh/", api.RefreshView.as_view(), name="token-refresh"),
    path("auth/logout/", api.LogoutView.as_view(), name="logout"),
    path("auth/register/", api.RegisterView.as_view(), name="register"),
    path("auth/me/", api.MeView.as_view(), name="me"),
    path("preferences/", api.PreferencesView.as_view(), name="preferences"),
]
