"""Writes the reference in docs/language.md: every verb and every word of the language, from the code that reads them."""

import re

from tests.house.files import ROOT
from upheld.core.policy.builtin import BUILT_IN
from upheld.core.policy.forms import FORMS
from upheld.core.policy.reading.parse import build_grammar
from upheld.core.policy.verbs import EVIDENCE, SUBJECTS, VERBS, Verb

START = (
    "<!-- The reference is written by `make docs` from verbs.py, forms.py and builtin.py; change those, not this. -->"
)
END = "<!-- Here the reference ends. -->"
# a part of a line -> how it is said in a shape
PARTS = {
    "data": "DATA", "other": "DATA", "about": "DATA", "holding": "DATA", "degree": "DEGREE", "at": "TOUCHPOINT", "to": "ROLE",
    "recipients": "RECIPIENT", "roles": "ROLE", "role": "ROLE", "purposes": "PURPOSE", "places": "PLACE",
    "ways": "WAY", "subjects": "SUBJECT", "parties": "PARTY", "exclusions": "EXCLUSION", "marking": "required|optional",
    "because": '"TEXT"', "text": '"TEXT"', "activities": "ACTIVITY", "cookie": "NAME", "life": "TIME|the end of the visit",
    "party": "first-party|from RECIPIENT", "needs": "NEED", "number": "NUMBER", "limit": "NUMBER", "signed": "NUMBER",
    "most": "NUMBER", "signals": "SIGNAL", "choices": "CHOICE", "things": "PART|TOUCHPOINT form|DOCUMENT document|"
    'CERTIFICATE certificate|CHOICE question|notice "TEXT"', "parts": "PART", "mails": "MAIL", "receivers": "AUDIENCE|DATA",
    "events": "EVENT", "end": "EVENT", "after": "EVENT", "while": "CONDITION", "techniques": "TECHNIQUE",
    "certificates": "CERTIFICATE", "mode": "opt-in|opt-out", "changes": "at TOUCHPOINT|by ROUTE",
    "targets": "MAIL|PURPOSE|sharing with RECIPIENT", "putting": 'PART|"TEXT"', "position": "in|at the end of",
    "people": "AUDIENCE", "deed": "change|remove|download|decline", "requests": "REQUEST", "then": "ROUTE",
    "change": "material|small", "measures": "MEASURE", "reviewed": "REVIEWED", "tags": "TAG", "effects": "MOMENT",
    "duration": "TIME", "longest": "TIME", "every": "TIME", "renewed": "TIME", "within": "TIME", "per_time": "TIME",
}  # fmt: skip
WHOLE = {
    "routes": " by ROUTE", "timing": "[ within TIME|, [TIME ]before EVENT]", "per": " per recipient",
}  # fmt: skip
EXPLAINED = (
    ("`TIME`", "`30 days`, `72 hours`, `10 minutes`, `5 business days`, `6 months`, or a settled name"),
    ("`DEGREE`", "`identified`, `pseudonymous`, `de-identified`, `in aggregate of 10` (or of a settled name)"),
    ("`CONDITION`", "a fact, `chosen CHOICE`, `refused CHOICE`, `demanded`, `demanded by GROUND or GROUND`, `living in REGION or REGION`; joined by `,` and `and`, or by `,` and `or`"),
    ("`MOMENT`", "`on posting`, `on its date`, `on acceptance`, `on first use after posting`, `on first use after its date`, `TIME after notice`; joined by `or`, the first counts"),
    ("`DATA`, `PURPOSE`", "names joined by commas, and `but` with names that are left out"),
    ("other capitals", "one name or several joined by commas, declared or built in"),
    ("`if|unless`", "`if CONDITION`, `unless CONDITION`, or both in this order"),
    ("`a|b`", "one of them; in square brackets, what can be left out"),
)  # fmt: skip
SORTS = {
    "data": "data", "purpose": "purposes", "recipient": "recipients", "role": "roles", "touchpoint": "touchpoints", "place": "places",
    "audience": "audiences", "fact": "facts", "event": "events", "measure": "measures", "technique": "techniques", "need": "needs",
    "part": "parts of a page or a message", "route": "routes: ways of reaching somebody, and of being reached", "way": "ways of coming by data",
    "subject": "subjects", "request": "requests", "signal": "signals", "reviewed": "what can be reviewed", "tag": "tags",
}  # fmt: skip


def write_language() -> str:
    """docs/language.md: the taught part as it stands, the reference anew."""
    text = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before.rstrip()}\n\n{START}\n\n{write_reference().strip()}\n\n{END}\n{after.lstrip()}"


def write_reference() -> str:
    """The reference alone."""
    lines = ["## Reading the reference", ""]
    lines += ["A shape shows how a line is written. The right and wrong lines use one shared set of words,"]
    lines += [
        "[`tests/pairs/kinds.policy.md`](../tests/pairs/kinds.policy.md), and a test reads every one of them.",
        "",
    ]
    lines += ["| in a shape | stands |", "| --- | --- |", *(f"| {escape(a)} | {escape(b)} |" for a, b in EXPLAINED), ""]
    lines += [
        "| evidence | what it is |",
        "| --- | --- |",
        *(f"| {sort} | {what} |" for sort, what in EVIDENCE.items()),
        "",
    ]
    lines += ["## All verbs", "", "| subject | verbs |", "| --- | --- |"]
    for subject in SUBJECTS:
        links = [f"[{verb.written}](#{anchor(verb.written)})" for verb in VERBS if verb.subject == subject]
        lines.append(f"| {subject} | {', '.join(links)} |")
    for subject in SUBJECTS:
        lines += ["", f"## {subject}"]
        for verb in VERBS:
            if verb.subject == subject:
                lines += ["", *write_verb(verb)]
    return "\n".join([*lines, "", *write_words()])


def write_verb(verb: Verb) -> list[str]:
    """One verb: what it does, its shapes, its evidence, its lines."""
    lines = [f"### {verb.written}", "", verb.does, "", "```", *map(write_shape, verb.forms), "```", ""]
    if verb.evidence:
        lines += ["Evidence: " + "; ".join(f"**{needed.sort}**, {needed.shows}" for needed in verb.evidence) + ".", ""]
    else:
        lines += ["Evidence: none; it says nothing that could be kept or broken.", ""]
    lines += ["Right:", "", "```rules", *verb.good, "```", "", "Wrong:", ""]
    return [*lines, *(f"- `{line}` [{code}](errors.md)" for line, code in verb.bad)]


def write_shape(form: str) -> str:
    """A line of one form: `use DATA [DEGREE] only for PURPOSE [if|unless]`."""
    shape = FORMS[form].template.replace("~", "[ if|unless]" if form != "keep_while" else "")
    for key, said in WHOLE.items():
        shape = shape.replace(f"{{{key}}}", said)
    shape = re.sub(r"\{(\w+)\}", lambda match: PARTS[match.group(1)], shape)
    used = {s.name for rule in build_grammar().rules if str(rule.alias) == form for s in rule.expansion}
    shape += "[, approved by NUMBER of ROLE]" if "approval" in used else ""
    shape += "[, once]" if "once" in used else ""
    return shape.replace("[ ", " [").replace(" ]", "] ")


def write_words() -> list[str]:
    """Every built-in word by sort, with its meaning."""
    lines = ["## All words of the language", ""]
    lines += ["These need no declaration. A policy cannot give them another meaning; only an audience can be declared", "again, to say which address is used.", ""]  # fmt: skip
    for sort, names in BUILT_IN.items():
        lines += [f"### {SORTS[sort][0].upper()}{SORTS[sort][1:]}", "", "| word | meaning |", "| --- | --- |"]
        lines += [f"| `{name}` | {escape(meaning)} |" for name, meaning in names.items()] + [""]
    lines += [
        "Facts also come from declarations: each choice gives `chosen NAME` and `refused NAME`, each ground `demanded by"
    ]
    lines += [
        "NAME`, each region `living in NAME`, and each `approved by n of ROLE` in a rule is a fact of that very text."
    ]
    return lines


def anchor(heading: str) -> str:
    """A heading as a link finds it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def escape(text: str) -> str:
    """The text as it can stand in a cell of a table."""
    return text.replace("|", "\\|")
