"""The page about the site in a policy file names every key there is, and what it shows as examples is read without a finding."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from tests.core.fields.courier import compile_courier
from upheld.core.shipping import offers
from upheld.core.shipping.offers import read_shipping
from upheld.core.shipping.states import STATES
from upheld.pages import home_content
from upheld.pages.home_content import Home, read_home
from upheld.web import form_content, site
from upheld.web.form_content import read_form_content
from upheld.web.site import KEYS, TONES, SiteReader

PAGE = (Path(__file__).parents[2] / "docs" / "site.md").read_text(encoding="utf-8")
SITE, HOME, FORMS, SHIPPING = re.split(r"^## .*$", PAGE, flags=re.MULTILINE)[1:]


def read_example(part: str) -> dict[str, object]:
    block, *_ = re.findall(r"```yaml\n(.*?)```", part, re.DOTALL)
    found: dict[str, object] = yaml.safe_load(block)
    return found


def list_known(module: ModuleType) -> set[str]:
    """The keys that a reader knows: tuples of texts handed to `open_mapping`."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call)]
    opened = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "open_mapping"]
    tuples = [part for call in opened for part in call.args if isinstance(part, ast.Tuple)]
    return {name.value for part in tuples for name in part.elts if isinstance(name, ast.Constant)}


@pytest.mark.parametrize(
    ("part", "keys"),
    [
        (SITE, {*KEYS, *TONES, "words", "ask", "facts"}),
        (HOME, {*Home.__dataclass_fields__, *list_known(home_content), *home_content.DRAWINGS, *home_content.PARTS}),
        (FORMS, {*form_content.KEYS, *form_content.QUESTION_KEYS}),
        (SHIPPING, {*list_known(offers), *STATES}),
    ],
)
def test_every_key_is_named_in_a_table(part: str, keys: set[str]) -> None:
    table = "\n".join(line for line in part.splitlines() if line.startswith("|"))
    assert keys - set(re.findall(r"`([^`]+)`", table)) == set()
    assert len(keys) > 5


def test_the_examples_are_read_without_a_finding() -> None:
    values = read_example(SITE)["site"]
    assert isinstance(values, dict)
    assert values.keys() == set(KEYS) - {"home", "forms", "shipping", "of"}
    reader = SiteReader(values, "a page")
    reader.read_text("host", site.HOST)
    reader.read_text("accent", site.ACCENT)
    reader.read_text("mail-cap", site.MAIL_CAP)
    reader.read_questions()
    assert reader.findings == []
    home = read_home(read_example(HOME))
    assert all(getattr(home, name) for name in Home.__dataclass_fields__)
    shipping = read_shipping(read_example(SHIPPING))
    assert shipping is not None
    assert [len(offer.prices) for offer in shipping.offers] == [2, 1]
    content = read_form_content(read_example(FORMS), compile_courier().words)["survey"]
    assert all(getattr(content, name) for name in form_content.KEYS)
