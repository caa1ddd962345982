"""The page server's entry point: sync views over WSGI, since Django under ASGI costs several times more per page."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sentiment_site.settings")
application = get_wsgi_application()
