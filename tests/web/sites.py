"""The fixed cast of the site's tests: a workshop with two versions, a folder to write to, and visitors of every kind."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import ASKED, make_pair

HERE = Path(__file__).parent
MADE_UP = HERE / "policies"
OLD, NEW = "2020-01-01", "2021-05-04"
SLUG = "lantern"
HOST = "lantern.localhost"


@cache
def set_up_django() -> None:
    """Django with a state folder of its own, once for the whole run; no setting of the machine leaks in."""
    for name in [name for name in os.environ if name.startswith("UPHELD_")]:
        del os.environ[name]
    if os.environ.get(ASKED):
        os.environ["UPHELD_DATABASE"] = make_pair()
    state = Path(tempfile.mkdtemp(prefix="upheld-test-"))
    os.environ |= {
        "UPHELD_STATE": str(state),
        "UPHELD_POLICIES": str(MADE_UP),
        "DJANGO_SETTINGS_MODULE": "upheld.server.settings",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("collectstatic", interactive=False, verbosity=0)


@dataclass(slots=True)
class Workshop:
    """One shelf over a folder that a test may change, and the visitors that look at it."""

    folder: Path
    state: Path
    shelf: Any

    def path(self, version: str = NEW) -> Path:
        return self.folder / SLUG / f"{version}.policy.md"

    def write(self, text: str, version: str = NEW) -> None:
        """Change a file as an editor does, an hour ago, and look at once."""
        path = self.path(version)
        path.write_text(text, encoding="utf-8")
        long_ago = path.stat().st_mtime - 3600
        os.utime(path, (long_ago, long_ago))
        self.look()

    def look(self) -> None:
        self.shelf.looked_at = 0.0
        self.shelf.look_again()

    def get(self, path: str, host: str = HOST, **headers: str) -> Any:
        """What a visitor gets, from a server that has just started."""
        from django.test import Client

        return Client(raise_request_exception=False).get(path, headers={"host": host, **headers})

    def get_raw(self, path: str, host: str = HOST) -> tuple[int, bytes]:
        """Status and body for a path exactly as it is, past everything that would tidy it first."""
        from wsgiref.util import setup_testing_defaults

        from django.core.wsgi import get_wsgi_application

        environ: dict[str, Any] = {"PATH_INFO": path.encode().decode("latin-1"), "HTTP_HOST": host}
        setup_testing_defaults(environ)
        statuses: list[str] = []
        body = get_wsgi_application()(environ, lambda status, _headers: statuses.append(status))
        content = b"".join(body)
        body.close()
        return int(statuses[0][:3]), content

    def read(self, path: str, host: str = HOST) -> str:
        response = self.get(path, host)
        assert response.status_code == 200, response.content[:300]
        return str(response.content.decode())


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """The workshop's site, its two versions in a folder of this test alone."""
    return open_workshop(tmp_path)


def open_workshop(tmp_path: Path) -> Workshop:
    set_up_django()
    from upheld.server.opening import check_pages
    from upheld.web.bodies import BODIES, CHANGES_BODIES, OVERVIEW_BODIES
    from upheld.web.hosts import place_shelf

    folder, state = tmp_path / "policies", tmp_path / "var"
    if not folder.exists():
        shutil.copytree(MADE_UP, folder)
    shelf = name_quick_shelf()(folder, state, check=check_pages)
    place_shelf(shelf)
    for bodies in (BODIES, CHANGES_BODIES, OVERVIEW_BODIES):
        bodies.kept.clear()
    return Workshop(folder, state, shelf)


@cache
def name_quick_shelf() -> Any:
    """The shelf that reads a version once for the whole run, as long as the files of its folder are the same."""
    from upheld.core.gate import Gate
    from upheld.web.shelf import Shelf

    read: dict[Any, Any] = {}

    class QuickShelf(Shelf):
        def read_good(self, path: Path, slug: str, numbers: Any) -> Any:
            lying = tuple(
                sorted((entry.name, entry.read_bytes()) for entry in path.parent.iterdir() if entry.is_file())
            )
            known = numbers.names if numbers is not None else None
            key = (path.name, path.is_relative_to(self.folder), slug, known, lying)
            if key not in read:
                read[key] = super().read_good(path, slug, numbers)
            return replace(read[key], gate=Gate(read[key].table))  # what a gate has been asked stays its own

    return QuickShelf


@pytest.fixture
def settings_as() -> Iterator[Callable[..., None]]:
    """Sets Django settings for one test: `settings_as(HTTPS=True)`."""
    set_up_django()
    from django.test import override_settings

    opened: list[Any] = []

    def change(**values: Any) -> None:
        override = override_settings(**values)
        override.enable()
        opened.append(override)

    yield change
    for override in reversed(opened):
        override.disable()
