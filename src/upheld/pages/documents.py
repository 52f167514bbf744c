"""The documents that a policy points to, such as terms of use: plain text files beside it, set as pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.urls import get_script_prefix

from upheld.core.policy.model import Policy
from upheld.pages.addresses import Addresses, find_addresses, find_policy
from upheld.pages.chrome import find_current, make_chrome
from upheld.pages.merging import find_stamp
from upheld.web.bodies import answer_body
from upheld.web.guards import only_reads
from upheld.web.hosts import SiteRequest

FILE_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,80}\.md")
MOST_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph or an item of a list."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class DocumentLink:
    """A document that the policy has shown, and where it stands."""

    words: str
    href: str


@only_reads
def show_document(request: SiteRequest, name: str, surface: str = "") -> HttpResponse:
    """One document of the version in force; 404 when no rule has it shown or its file is not there."""
    shelved = find_policy(request, surface)
    policy = find_current(shelved).policy
    name = next((shown for shown in list_shown(policy) if name_address(shown) == name), "")
    text = read_document(policy, name)
    if text is None:
        raise Http404

    def render() -> str:
        blocks = split_blocks(text)
        title = next((block.text for block in blocks if block.kind == "title"), policy.words.label(name, "document"))
        context = {
            "chrome": make_chrome(request.shelved),
            "at": find_addresses(shelved),
            "title": title,
            "blocks": [block for block in blocks if block.kind != "title"],
        }
        return render_to_string("pages/document.html", context)

    return answer_body(
        request, ("document", find_stamp(request.shelved), surface, name, text, get_script_prefix()), render
    )


def list_documents(policy: Policy, at: Addresses) -> tuple[DocumentLink, ...]:
    """The documents that a rule has shown on the policy page, as links; those elsewhere under their own address."""
    links = []
    for name in list_shown(policy):
        target = policy.documents.get(name, "")
        label = policy.words.label(name, "document")
        href = target if target.startswith("https://") else at.document(name_address(name))
        links.append(DocumentLink(label[:1].upper() + label[1:], href))
    return tuple(links)


def name_address(name: str) -> str:
    """The name of a document as it stands in an address."""
    return name.replace(" ", "-")


def list_shown(policy: Policy) -> tuple[str, ...]:
    """The names of the documents that a rule in force has shown."""
    things = (thing for rule in policy.active_rules if rule.form == "show_part" for thing in rule.part("things"))
    return tuple(dict.fromkeys(thing.partition(":")[2] for thing in things if thing.startswith("document:")))


def read_document(policy: Policy, name: str) -> str | None:
    """The text of a document beside the policy file, or None when it is not there or no plain file name."""
    target = policy.documents.get(name, "")
    if not FILE_NAME.fullmatch(target):
        return None
    path = Path(policy.file).parent / target
    try:
        return path.read_text(encoding="utf-8") if path.stat().st_size <= MOST_BYTES else None
    except (OSError, UnicodeDecodeError):
        return None


def split_blocks(text: str) -> tuple[Block, ...]:
    """Headings, paragraphs and list items; everything else stays the text it is."""
    blocks = []
    for piece in re.split(r"\n\s*\n", text.strip()):
        lines = piece.strip().splitlines()
        if piece.startswith("# "):
            blocks.append(Block("title", piece[2:].strip()))
        elif piece.startswith("#"):
            blocks.append(Block("heading", piece.lstrip("#").strip()))
        elif all(line.startswith(("- ", "* ")) for line in lines):
            blocks.extend(Block("item", line[2:].strip()) for line in lines)
        else:
            blocks.append(Block("text", " ".join(line.strip() for line in lines)))
    return tuple(blocks)
