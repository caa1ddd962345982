"""Addresses of the universe's pages, under /universe/."""

from django.urls import path

from . import views

app_name = "universe"

urlpatterns = [
    path("", views.universe_list, name="list"),
    path("export.csv", views.export, name="export"),
    path("changes/", views.changes, name="changes"),
]
