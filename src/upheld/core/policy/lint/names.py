"""Checks on names: documents, contacts and certificates are there and valid, and nothing is declared for nothing."""

from __future__ import annotations

from collections.abc import Iterator

from upheld.core.errors import Finding
from upheld.core.policy.lint.case import Case, Check, find_in_rule
from upheld.core.policy.model import Word

_CONTACTS = {
    "contact email": "email",
    "guarded contact email": "email",
    "contact post": "post",
    "contact phone": "phone",
    "contact desk": "desk",
}
# sorts whose names only make sense when a rule says something with them
_USED_SORTS = ("data", "recipient", "role", "touchpoint", "choice", "mail", "ground", "exclusion", "party", "place")


def check_documents(case: Case) -> Iterator[Finding]:
    """P308: a document that the policy points to is there."""
    for rule in case.rules:
        for thing in rule.part("things"):
            kind, _, name = thing.partition(":")
            if kind != "document":
                continue
            path = case.policy.documents.get(name, "")
            if not path:
                text = f"the document `{name}` is named, but nothing says where it is"
                yield find_in_rule(rule, "P308", text, word=name, hint=f"declare `documents: {{{name}: FILE.md}}`")
            elif case.files is not None and not path.startswith("https://") and path not in case.files:
                text = f"the document `{name}` is missing: there is no `{path}` beside the policy"
                yield find_in_rule(rule, "P308", text, word=name, hint="add the file, or take the sentence out")


def check_contacts(case: Case) -> Iterator[Finding]:
    """P309: a contact that the policy promises to show is declared."""
    for rule in case.rules:
        for thing in rule.part("things"):
            name = thing.partition(":")[2]
            key = _CONTACTS.get(name)
            if key and not case.policy.contact.get(key):
                text = f"the policy shows a `{name}`, but none is declared"
                yield find_in_rule(rule, "P309", text, word=name, hint=f"add `contact: {{{key}: …}}`")


def check_certificates(case: Case) -> Iterator[Finding]:
    """P310: a certificate that is shown is valid on the day of the check."""
    if case.today is None:
        return
    for rule in case.rules:
        for thing in rule.part("things"):
            kind, _, name = thing.partition(":")
            certificate = case.policy.certificates.get(name) if kind == "certificate" else None
            if certificate and certificate.until < case.today:
                text = f"the certificate `{name}` expired on {certificate.until.isoformat()}"
                hint = "renew it, or take the claim out of the policy"
                yield find_in_rule(rule, "P310", text, word=name, hint=hint)


def check_unused(case: Case) -> Iterator[Finding]:
    """P314: what is declared is used by a rule."""
    used: set[str] = set()
    for rule in case.policy.rules:
        for _, values in rule.parts:
            used.update(values)
            used.update(value.partition(":")[2] for value in values)
        if rule.approval:
            used.add(rule.approval.role)
        for condition in (rule.holds, rule.unless):
            for term in condition.terms if condition else ():
                used.update(term.text.split(" ", 1)[-1:])
                used.update(fact.partition(" by ")[2] for fact in term.facts)
    words = case.policy.words
    members = {member for group in words.of_sort("data").values() if group.name in used for member in group.members}
    opened = set(words.expand("data", tuple(name for name in used if words.has("data", name))))
    for sort in _USED_SORTS:
        for word in words.of_sort(sort).values():
            if word.built_in or word.name in used or word.name in members or word.name in opened:
                continue
            if not (word.members and any(member in used for member in word.members)):
                yield _say_unused(case, word)


def _say_unused(case: Case, word: Word) -> Finding:
    sort = "data" if word.sort == "data" else f"the {word.sort}"
    text = f"no rule speaks of {sort} `{word.name}`"
    return case.find_in_declarations(word.place, "P314", text, hint="write its rule, or take it out")


NAME_CHECKS: tuple[Check, ...] = (check_documents, check_contacts, check_certificates, check_unused)
