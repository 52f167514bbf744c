"""A page as somebody without a mouse reads it: its words, its links, its forms with what stands in them; knows no site."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

_SILENT = frozenset({"script", "style", "template"})
_VOID_TEXT = re.compile(r"\s+")


@dataclass(slots=True)
class Form:
    """One form: where it goes, and its inputs by name with what is preset; `picks` are the values of radios and selects."""

    action: str = ""
    method: str = "get"
    values: dict[str, list[str]] = field(default_factory=dict)
    picks: dict[str, list[str]] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    """One answer of the site. `text` are its words with white space made even, `html` what was sent."""

    status: int
    address: str
    html: str
    headers: Mapping[str, str]
    cookies: Mapping[str, Any]
    text: str = ""
    links: tuple[tuple[str, str], ...] = ()
    forms: tuple[Form, ...] = ()
    loaded: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether it is a page that was asked for, and no refusal."""
        return self.status < 300

    def find_form(self, *names: str, action: str = "") -> Form | None:
        """The first form that has all these inputs, and this in its address."""
        return next(
            (form for form in self.forms if set(names) <= set(form.names) and action in form.action),
            None,
        )

    def find_link(self, part: str) -> str:
        """The first link whose address or words have this in them; empty where none has."""
        return next((href for href, words in self.links if part in href or part in words), "")

    def read_json(self) -> Any:
        """What a program is answered; None where it is no JSON."""
        try:
            return json.loads(self.html)
        except ValueError:
            return None


class _Reader(HTMLParser):
    """Reads one page in one go."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self.loaded: list[str] = []
        self._silent = 0
        self._link: tuple[str, int] | None = None
        self._form: Form | None = None
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._silent += tag in _SILENT
        if tag == "a" and "href" in given:
            self._link = (given["href"], len(self.words))
        for name in ("src", "srcset", "data", "poster"):
            if given.get(name) and tag not in ("a", "input"):
                self.loaded.append(given[name])
        if tag == "link" and "href" in given:
            self.loaded.append(given["href"])
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._read_input(tag, given)

    def _read_input(self, tag: str, given: dict[str, str]) -> None:
        form, name = self._form, given.get("name", "")
        if form is None:
            return
        if tag == "button":
            form.buttons.append((name, given.get("value", "")))
        elif tag == "option" and self._select:
            form.picks.setdefault(self._select, []).append(given.get("value", ""))
            if "selected" in given:
                form.values.setdefault(self._select, []).append(given.get("value", ""))
        elif tag in ("input", "select", "textarea") and name:
            form.names.append(name)
            self._select = name if tag == "select" else ""
            self._area = name if tag == "textarea" else ""
            if given.get("type") in ("radio", "checkbox"):
                form.picks.setdefault(name, []).append(given.get("value", "on"))
                if "checked" in given:
                    form.values.setdefault(name, []).append(given.get("value", "on"))
            elif tag == "input" and given.get("type") not in ("submit", "button", "file"):
                form.values.setdefault(name, []).append(given.get("value", ""))
            elif tag == "textarea":
                form.values.setdefault(name, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT
        if tag == "a" and self._link is not None:
            href, start = self._link
            self.links.append((href, _VOID_TEXT.sub(" ", "".join(self.words[start:])).strip()))
            self._link = None
        elif tag == "form":
            self._form = None
        elif tag in ("select", "textarea"):
            self._select = self._area = ""
        self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._area:
            self._form.values[self._area][-1] += data
        if self._silent <= 0:
            self.words.append(data)


def read_page(
    status: int, address: str, body: bytes, headers: Mapping[str, str], cookies: Mapping[str, Any] | None = None
) -> Page:
    """The page of an answer; what is not HTML has its words alone."""
    html = body.decode("utf-8", "replace")
    page = Page(status, address, html, headers, cookies or {})
    if "html" in headers.get("Content-Type", ""):
        reader = _Reader()
        reader.feed(html)
        reader.close()
        page.text = _VOID_TEXT.sub(" ", "".join(reader.words)).strip()
        page.links, page.forms = tuple(reader.links), tuple(reader.forms)
        page.loaded = tuple(reader.loaded)
    else:
        page.text = html
    return page
