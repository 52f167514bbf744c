"""Two policies on one site: who joins whom, where they stand, and what is said when that cannot be."""

import json
import os
import re
import shutil
from collections.abc import Callable

import pytest

from tests.web.joined import APP, APP_DAY, write_app
from tests.web.sites import SLUG, Workshop


def lay(workshop: Workshop, text: str, slug: str = APP, day: str = APP_DAY) -> None:
    """Put a version file into the folder as if it had lain there for an hour, and look."""
    folder = workshop.folder / slug
    folder.mkdir(exist_ok=True)
    (folder / "terms.md").write_text("# Terms of the app\n\nBe kind.\n", encoding="utf-8")
    path = folder / f"{day}.policy.md"
    path.write_text(text, encoding="utf-8")
    long_ago = path.stat().st_mtime - 3600
    os.utime(path, (long_ago, long_ago))
    workshop.look()


def test_it_works(workshop: Workshop) -> None:
    lay(workshop, write_app())
    web, app = workshop.shelf.find_slug(SLUG), workshop.shelf.find_slug(APP)
    assert [one.slug for one in workshop.shelf.sites] == [SLUG]
    assert app.home is web
    assert web.beside == (app,)
    assert (app.host, app.surface, app.name) == ("lantern.localhost", "app", "Lantern & Sons <Cycles> (app)")
    assert web.stamp == app.stamp
    first, second = workshop.read("/privacy"), workshop.read("/privacy/app")
    assert "How we treat what you tell us</h1>" in first
    assert "What the app knows</h1>" in second
    for page in (first, second):
        assert "Two policies, and which one binds where" in page
        assert "Privacy policy for the app" in page
    assert 'href="/privacy/app"' in first


def test_each_page_below_leads_to_its_own(workshop: Workshop) -> None:
    lay(workshop, write_app())
    lay(workshop, write_app(version="2024-02-02").replace("It finds", "The app finds"), day="2024-02-02")
    page = workshop.read("/privacy/app")
    for path in ("versions", "documents/terms", "ask", "changes/2023-01-01..2024-02-02"):
        assert f'href="/privacy/app/{path}"' in page
        below = workshop.read(f"/privacy/app/{path}")
        assert 'href="/privacy/app"' in below
        assert "lantern-app#" not in below
    assert "Be kind." in workshop.read("/privacy/app/documents/terms")
    assert "This is an earlier version" in workshop.read("/privacy/app/2023-01-01")
    for gone in ("/privacy/web", "/privacy/app/documents/none", "/privacy/documents/terms", "/privacy/app/proof"):
        assert workshop.get(gone).status_code == 404, gone


def test_without_a_second_policy_nothing_of_it_stands_there(workshop: Workshop) -> None:
    assert workshop.get("/privacy/app").status_code == 404
    assert "which one binds where" not in workshop.read("/privacy")
    assert "for the app" not in workshop.read("/privacy/ask")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (write_app(of="lanterne"), "names `lanterne`, and no site of that policy is served"),
        (write_app(of=APP), "names this policy itself"),
        (write_app(surface="web"), "has a policy for the surface `web` already"),
        (write_app().replace("  of: lantern", "  of: lantern\n  host: app.localhost"), "has both `host` and `of`"),
    ],
)
def test_a_policy_that_cannot_join_is_not_served_and_says_why(workshop: Workshop, text: str, said: str) -> None:
    lay(workshop, text)
    assert workshop.shelf.find_slug(APP) is None
    assert workshop.get("/privacy/app").status_code == 404
    [left] = workshop.shelf.unserved
    [fault] = left.faults
    assert [(finding.code, said in finding.text) for finding in fault.findings] == [("P016", True)]
    assert "P016" in workshop.read("/", "localhost")
    workshop.read("/privacy")


def test_two_of_one_surface_cannot_join_one_site(workshop: Workshop) -> None:
    lay(workshop, write_app())
    lay(workshop, write_app().replace("policy: lantern-app", "policy: lantern-second"), slug="lantern-second")
    assert workshop.shelf.find_slug(APP) is not None
    assert [left.slug for left in workshop.shelf.unserved] == ["lantern-second"]


def test_it_goes_and_comes_back_with_the_site_that_it_joins(workshop: Workshop) -> None:
    lay(workshop, write_app())
    moved = workshop.state / "moved"
    shutil.move(workshop.folder / SLUG, moved)
    workshop.look()
    assert workshop.shelf.policies == ()
    assert [left.slug for left in workshop.shelf.unserved] == [APP]
    shutil.move(moved, workshop.folder / SLUG)
    workshop.look()
    assert workshop.shelf.unserved == ()
    assert [one.slug for one in workshop.shelf.policies] == [SLUG, APP]


def test_by_itself_it_has_a_host_of_its_own(workshop: Workshop) -> None:
    lay(workshop, write_app())
    shutil.rmtree(workshop.folder / SLUG)
    from upheld.web.shelf import Shelf

    shelf = Shelf(workshop.folder, workshop.state, alone=APP)
    [alone] = shelf.policies
    assert (alone.slug, alone.host, alone.home) == (APP, f"{APP}.localhost", None)
    assert shelf.find_host(f"{APP}.localhost") is alone


def test_below_a_prefix_it_stands_on_the_site_too(workshop: Workshop, settings_as: Callable[..., None]) -> None:
    lay(workshop, write_app())
    settings_as(PREFIX_MODE=True)
    page = workshop.read("/at/lantern/privacy/app", "localhost")
    assert 'href="/at/lantern/privacy/app/ask"' in page
    assert 'href="/privacy' not in page
    assert workshop.get("/at/lantern-app/", "localhost").status_code == 404
    assert "/at/lantern/privacy/app" in workshop.read("/", "localhost")


def test_the_table_says_what_each_lets_and_what_holds_where_both_bind(workshop: Workshop) -> None:
    lay(workshop, write_app())
    for path in ("/privacy", "/privacy/app"):
        page = workshop.read(path)
        assert list_cells(page, "both-collect") == [
            ("name", "phone", "frame", "fault"),
            ("name", "frame"),
            ("name", "frame"),
        ]
        # what only one of them lets is let by neither where both bind
        assert list_cells(page, "both-use")[-3:] == [(), ("place",), ()]
    shared = workshop.read("/privacy").partition('id="both-share"')[2].partition("</details>")[0]
    assert "only if you asked for the service that needs it" in shared


def list_cells(page: str, anchor: str) -> list[tuple[str, ...]]:
    """For each cell of a table of differences the categories that are named in it."""
    table = page.partition(f'id="{anchor}"')[2].partition("</details>")[0]
    words = {"name": "name", "phone": "phone", "frame": "frame", "fault": "fault", "place": "where you are"}
    whole = {"person": ("name", "phone"), "bicycle": ("frame", "fault")}
    found = []
    for part in table.split("<td data-label=")[1:]:
        cell = re.sub(r"<[^>]+>", " ", part.partition(">")[2].partition("</td>")[0])
        named = {name for name, word in words.items() if word in cell}
        named |= {
            name
            for word, names in whole.items()
            if re.search(rf"\b{word}(?! (name|phone|frame|fault))\b", cell)
            for name in names
        }
        found.append(tuple(name for name in words if name in named))
    return found


ASK = "/privacy/ask?do=share&data=person.phone&with=makers&for=repair&fact.requested=yes"


def test_the_gate_answers_for_each_policy_and_for_both_by_the_stricter_one(workshop: Workshop) -> None:
    lay(workshop, write_app())
    assert "Nobody else gets anything." in workshop.read(ASK)
    alone = workshop.read(f"{ASK}&policy=app")
    assert "</svg>Permitted</span>" in alone
    assert "may ring you about a repair" in alone
    assert alone == workshop.read(f"{ASK}&policy=app")
    both = workshop.read(f"{ASK}&policy=both")
    assert '<section class="verdict refused"' in both
    assert "Privacy policy for this site: Who sees it, sentence who-sees-it.3" in both
    assert 'href="/privacy#who-sees-it.3"' in both
    assert "may ring you" not in both.partition("</section>")[0]
    assert re.search(r"</svg>Permitted</span>\s+Privacy policy for the app", both)
    frame = "do=show&data=bicycle.frame&with=mechanics&for=repair&policy=both"
    agreed = workshop.read(f"/privacy/ask?{frame}")
    assert "Both permit it." in agreed
    assert 'href="/privacy/app#who-sees-it.2"' in agreed
    assert 'href="/privacy#who-sees-it.1"' in agreed
    # a word that one of the two knows can be asked; one that neither knows cannot
    assert 'value="place"' in agreed
    assert 'value="bicycle.fault"' in agreed
    assert workshop.get("/privacy/ask?do=use&data=place&for=sale&policy=both").status_code == 200
    for wrong in ("do=use&data=places&policy=both", "policy=paper", "policy=web&policy=app"):
        assert workshop.get(f"/privacy/ask?{wrong}").status_code == 400, wrong
    assert workshop.get("/privacy/app/ask?do=share&data=bicycle.fault").status_code == 400


def test_a_form_at_the_api_asks_what_both_ask(workshop: Workshop) -> None:
    # a frame's number that people can type in, in both policies
    typed = ("user.device.identifier", "x.request.frame")
    workshop.write(workshop.path().read_text(encoding="utf-8").replace(*typed))
    assert "person.phone" in workshop.read("/api/v1/forms")
    lay(workshop, write_app().replace(*typed))
    [form] = json.loads(workshop.read("/api/v1/forms"))
    assert [field["name"] for field in form["fields"]] == ["person.name", "bicycle.frame"]
    assert "person.phone" in workshop.read("/counter")


def test_a_document_with_a_name_of_several_words_has_an_address(workshop: Workshop) -> None:
    text = (
        write_app()
        .replace("{terms: terms.md}", "{app terms: terms.md}")
        .replace("show terms doc", "show app terms doc")
    )
    lay(workshop, text)
    assert 'href="/privacy/app/documents/app-terms"' in workshop.read("/privacy/app")
    assert "Be kind." in workshop.read("/privacy/app/documents/app-terms")


def test_the_server_says_where_both_stand(workshop: Workshop) -> None:
    from dataclasses import replace

    from upheld.server.environment import read_environment
    from upheld.server.run import list_addresses

    lay(workshop, write_app())
    environment = read_environment({})
    _, web, app = list_addresses(workshop.shelf, environment)
    assert web.split() == [SLUG, "http://lantern.localhost:8000/"]
    assert app.split() == [APP, "http://lantern.localhost:8000/privacy/app"]
    below = list_addresses(workshop.shelf, replace(environment, prefix_mode=True))
    assert below[2].endswith("/at/lantern/privacy/app")
