"""A process that loads everything once and then brings up, again and again, a copy of itself that does jobs.

Reads lines: `begin` is answered with the process id of a new copy, `wait ID` with its exit status once it has ended.
"""

import os
import sys
from datetime import UTC, datetime

import django

django.setup()

from django.conf import settings  # noqa: E402 - Django first
from django.db import connections  # noqa: E402 - the same

from upheld.jobs.run import run_jobs  # noqa: E402 - the same
from upheld.server.opening import open_shelf, open_vault  # noqa: E402 - the same
from upheld.server.working import open_work  # noqa: E402 - the same
from upheld.web.hosts import place_shelf  # noqa: E402 - the same

place_shelf(open_shelf(settings.ENVIRONMENT))
connections.close_all()  # copies must not share a connection
for line in sys.stdin:
    word, _, number = line.strip().partition(" ")
    if word == "begin":
        answer = os.fork()
        if answer == 0:
            open_vault(settings.ENVIRONMENT, datetime.now(UTC))
            run_jobs(open_work(settings.ENVIRONMENT))
            os._exit(0)
    else:
        answer = os.waitpid(int(number), 0)[1]
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()
