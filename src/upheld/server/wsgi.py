"""The application that granian serves: Django set up once, the shelf filled once."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "upheld.server.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from upheld.server.opening import open_shelf
from upheld.web.hosts import place_shelf

application = get_wsgi_application()
place_shelf(open_shelf(settings.ENVIRONMENT))
