"""Every address of the product."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from django.views.generic import RedirectView

from sentiment_site import health

admin.site.site_header = "Sectorlight operations"
admin.site.site_title = "Sectorlight"
admin.site.index_title = "The operator's desk"

urlpatterns = [
    path("", include("sectors.urls")),
    path("universe/", include("universe.urls")),
    path("jobs/", include("sentiment_site.jobs.urls")),
    path("api/", include("sentiment_site.api")),
    path("login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}img/mark.svg"), name="favicon"),
    path("", include((health.urlpatterns, "health"))),
]
