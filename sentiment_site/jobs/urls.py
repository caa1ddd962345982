"""Addresses of a run's progress."""

from django.urls import path

from . import views

app_name = "jobs"
urlpatterns = [
    path("<int:run_id>/", views.run_progress, name="run"),
    path("<int:run_id>/cancel/", views.cancel_run, name="cancel"),
]
