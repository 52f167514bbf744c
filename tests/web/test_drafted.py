"""What is said of a draft besides its own text: the policies of one site stay together, and nothing of it grows stale."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from upheld.web.drafted import read_drafted
from upheld.web.shelf import Shelf

TODAY = date(2026, 11, 20)
HOME = """---
policy: {slug}
business: Lantern Cycles
title: What we know
version: {day}
surface: {surface}
site: {site}
contact: {{desk: workshop, email: workshop@lantern.example}}
data: {{person: {{name: user.name}}}}
purposes: {{repair: essential.service}}
touchpoints: {{counter: /counter}}
documents: {{terms: terms.md}}
---

# What we know

You say who you are.

```rules
collect person.name at counter for repair
```

The terms say more.

```rules
show terms document at policy
```
"""
OWN, JOINING = "{host: lantern.localhost}", "{of: lantern}"


def write(folder: Path, slug: str, surface: str, site: str) -> None:
    (folder / slug).mkdir(parents=True)
    text = HOME.format(slug=slug, day="2026-01-01", surface=surface, site=site)
    (folder / slug / "2026-01-01.policy.md").write_text(text, encoding="utf-8")
    (folder / slug / "terms.md").write_text("# Terms\n\nNone.\n", encoding="utf-8")


def list_codes(shelf: Shelf, slug: str, surface: str, site: str) -> list[str]:
    """The codes of what keeps this draft from being announced."""
    shelved = shelf.find_slug(slug)
    assert shelved is not None
    text = HOME.format(slug=slug, day="2026-12-01", surface=surface, site=site)
    found = read_drafted(shelf, shelved, text, TODAY).findings
    return [finding.code for finding in found if finding.level == "error"]


def test_a_draft_that_parts_the_policies_of_a_site_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    write(folder, "lantern", "web", OWN)
    write(folder, "lantern-app", "app", JOINING)
    write(folder, "other", "web", "{host: other.localhost}")
    shelf = Shelf(folder, tmp_path)
    assert [one.slug for one in shelf.sites] == ["lantern", "other"]
    assert list_codes(shelf, "lantern", "web", OWN) == []
    assert list_codes(shelf, "lantern-app", "app", JOINING) == []
    # the app's data would be bound by no policy, or nothing of it could be opened any more
    assert list_codes(shelf, "lantern", "app", OWN) == ["P016"]
    assert list_codes(shelf, "lantern", "web", "{of: other}") == ["P016", "P016"]
    assert list_codes(shelf, "lantern-app", "web", JOINING) == ["P016"]
    assert list_codes(shelf, "lantern-app", "app", "{of: nobody}") == ["P016"]


def test_what_lies_beside_a_draft_is_looked_at_each_time(tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    write(folder, "lantern", "web", OWN)
    shelf = Shelf(folder, tmp_path)
    assert list_codes(shelf, "lantern", "web", OWN) == []
    (folder / "lantern" / "terms.md").unlink()
    assert list_codes(shelf, "lantern", "web", OWN)
