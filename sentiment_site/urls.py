"""Every address of the product."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from portfolios.views import Login, Logout
from sentiment_site import health

admin.site.site_header = "Sectorlight operations"
admin.site.site_title = "Sectorlight"
admin.site.index_title = "The operator's desk"

handler400 = "sentiment_site.shell.refused"

urlpatterns = [
    path("", include("sectors.urls")),
    path("universe/", include("universe.urls")),
    path("themes/", include("themes.urls")),
    path("social/", include("themes.social_urls")),
    path("macro/", include("macro.urls")),
    path("jobs/", include("sentiment_site.jobs.urls")),
    path("api/", include("sentiment_site.api")),
    path("login/", Login.as_view(), name="login"),
    path("logout/", Logout.as_view(), name="logout"),
    path("", include("portfolios.urls")),
    path("book/", include("portfolios.book_urls")),
    # The page of the people ends tokens too, and knows which accounts may not be changed.
    path("admin/password_change/", RedirectView.as_view(pattern_name="people:change-password")),
    path("admin/", admin.site.urls),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}img/mark.svg"), name="favicon"),
    path("", include((health.urlpatterns, "health"))),
]
