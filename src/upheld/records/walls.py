"""The second wall between sites: whoever reads or writes first enters one site, and the database shows no other.

On PostgreSQL the rows of other sites are hidden by row-level security; on SQLite the queries alone keep them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def enter_site(site: str) -> Iterator[None]:
    """One transaction in which only the rows of this site are there; what fails inside leaves nothing behind."""
    with transaction.atomic():
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('upheld.site', true)")
            before = cursor.fetchone()[0] or ""
            if before != site:
                cursor.execute("SELECT set_config('upheld.site', %s, true)", [site])
        yield
        if before != site:  # a transaction around this one was in another site
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('upheld.site', %s, true)", [before])
