"""The application that granian serves: Django set up once, the shelf filled once, the vault open."""

from __future__ import annotations

import os
from datetime import UTC, datetime

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "upheld.server.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from upheld.server.companion import end_with_parent
from upheld.server.proxy import trust_proxies
from upheld.web.hosts import place_shelf

application = trust_proxies(get_wsgi_application(), settings.ENVIRONMENT.proxy)

# Both rooms hold models, which can be read only when Django has been set up.
from upheld.server.opening import open_shelf, open_vault, open_visits  # noqa: E402

place_shelf(open_shelf(settings.ENVIRONMENT))
open_vault(settings.ENVIRONMENT, datetime.now(UTC))
open_visits(settings.ENVIRONMENT)
end_with_parent()
