"""A policy as plain values for JSON, and the schema of those values; reads nothing but the policy.

`policy.schema.json` beside this file is `export_schema()` written out; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping

from upheld.core.policy.compile import ACTIONS, Table
from upheld.core.policy.forms import FORMS, is_claim
from upheld.core.policy.model import Certificate, Condition, Degree, Passage, Policy, Rule, Section, Sentence, Word

FORMAT = "upheld-policy/1"
LAYERS = ("plain", "settled", "beyond")
Plain = dict[str, object]


def export_policy(policy: Policy, table: Table | None = None) -> Plain:
    """Everything that a policy says, ready for JSON; with its table also how large that is and which facts it reads.

    The same file gives the same values, wherever it lies. They fit `export_schema()`.
    """
    exported: Plain = {
        "format": FORMAT,
        "policy": policy.slug,
        "version": policy.version.isoformat(),
        "effective": policy.effective.isoformat() if policy.effective else None,
        "surface": policy.surface,
        "business": policy.business,
        "title": policy.title,
        "summary": policy.summary,
        "digest": policy.digest,
        "site": _make_plain(policy.site),
        "contact": dict(policy.contact),
        "names": [_export_word(w) for words in policy.words.by_sort.values() for w in words.values() if not w.built_in],
        "labels": dict(policy.words.labels),
        "facts": dict(policy.fact_sorts),
        "parameters": [
            {"name": found.name, "value": found.value, "literal": found.is_literal}
            for found in policy.parameters.values()
        ],
        "certificates": [_export_certificate(certificate) for certificate in policy.certificates.values()],
        "documents": dict(policy.documents),
        "sections": [_export_section(policy, section) for section in policy.sections],
    }
    if table is not None:
        exported["table"] = _export_table(table)
    return exported


def _make_plain(value: object) -> object:
    """Mappings and sequences as JSON has them; anything else but numbers, yes and no as text."""
    if isinstance(value, Mapping):
        return {str(key): _make_plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_make_plain(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _export_word(word: Word) -> Plain:
    return {"sort": word.sort, "name": word.name, "value": word.value, "members": list(word.members)}


def _export_certificate(certificate: Certificate) -> Plain:
    return {
        "name": certificate.name,
        "programme": certificate.programme,
        "number": certificate.number,
        "until": certificate.until.isoformat(),
    }


def _export_section(policy: Policy, section: Section) -> Plain:
    passages = [_export_passage(policy, passage) for passage in section.passages]
    return {"slug": section.slug, "title": section.title, "level": section.level, "passages": passages}


def _export_passage(policy: Policy, passage: Passage) -> Plain:
    return {
        "paragraphs": [{"kind": kind, "sentences": list(numbers)} for kind, numbers in passage.paragraphs],
        "sentences": [_export_sentence(sentence) for sentence in passage.sentences],
        "rules": [_export_rule(policy, rule) for rule in passage.rules],
    }


def _export_sentence(sentence: Sentence) -> Plain:
    return {"ref": sentence.ref, "number": sentence.number, "text": sentence.text, "digest": sentence.digest}


def _export_rule(policy: Policy, rule: Rule) -> Plain:
    form = FORMS[rule.form]
    return {
        "text": rule.text,
        "verb": rule.verb,
        "form": rule.form,
        "active": policy.is_active(rule),
        "opens": form.grants,
        "closes": form.cuts,
        "claims": is_claim(rule.form),
        "sentences": list(rule.sentences),
        "parts": {key: list(values) for key, values in rule.parts},
        "degree": _export_degree(rule.degree),
        "if": _export_condition(rule.holds),
        "unless": _export_condition(rule.unless),
        "approval": {"count": rule.approval.count, "role": rule.approval.role} if rule.approval else None,
        "layer": rule.layer,
        "settled": rule.settled,
        "literal": rule.is_literal,
        "refs": list(rule.refs),
        "laws": list(rule.laws),
        "comment": rule.comment,
        "line": rule.place.line if rule.place else None,
    }


def _export_degree(degree: Degree | None) -> Plain | None:
    if degree is None:
        return None
    return {"name": degree.name, "k": degree.k or None, "parameter": degree.parameter}


def _export_condition(condition: Condition | None) -> Plain | None:
    if condition is None:
        return None
    terms = [{"text": term.text, "facts": list(term.facts)} for term in condition.terms]
    return {"mode": condition.mode, "terms": terms}


def _export_table(table: Table) -> Plain:
    sizes: Plain = {}
    for action in ACTIONS:
        data, purposes, counterparts, degrees = table.list_values(action)
        cells = len(data) * len(purposes) * len(counterparts) * len(degrees)
        pieces = sum(piece.action == action for piece in table.pieces)
        sizes[action] = {"cells": cells, "pieces": pieces, "counterparts": list(counterparts)}
    return {"facts": list(table.facts.names), "choices": dict(table.choices), "actions": sizes}


# ------------------------------------------------------------------------------------------------------- the schema

_TEXT: Plain = {"type": "string"}
_TEXTS: Plain = {"type": "array", "items": _TEXT}
_FLAG: Plain = {"type": "boolean"}
_COUNT: Plain = {"type": "integer", "minimum": 0}
_DATE: Plain = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_DIGEST: Plain = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_SLUG: Plain = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}
_BY_NAME: Plain = {"type": "object", "additionalProperties": _TEXT}


def export_schema() -> Plain:
    """The JSON Schema (draft 2020-12) of what `export_policy` gives."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:upheld:policy:1",
        "title": "A policy as Upheld exports it",
        "description": "One version of one policy: its declarations, sentences and the rules that uphold them.",
        **_describe_object(
            {
                "format": {"const": FORMAT},
                "policy": _SLUG,
                "version": _DATE,
                "effective": _or_null(_DATE),
                "surface": {"enum": ["web", "app"]},
                "business": _TEXT,
                "title": _TEXT,
                "summary": _TEXT,
                "digest": _say(_DIGEST, "SHA-256 of the file's text"),
                "site": _say({"type": "object"}, "what the public site needs besides, as declared"),
                "contact": _BY_NAME,
                "names": _list_of("word"),
                "labels": _say(_BY_NAME, "how names are said to people"),
                "facts": _say(
                    {"type": "object", "additionalProperties": {"enum": ["person", "item", "act", "context"]}},
                    "what conditions can ask about, and what each is a fact of",
                ),
                "parameters": _list_of("parameter"),
                "certificates": _list_of("certificate"),
                "documents": _BY_NAME,
                "sections": _list_of("section"),
                "table": {"$ref": "#/$defs/table"},
            },
            optional=("table",),
        ),
        "$defs": {name: _describe_object(parts) for name, parts in _DEFINITIONS.items()},
    }


def _describe_object(parts: Mapping[str, object], optional: tuple[str, ...] = ()) -> Plain:
    required = [name for name in parts if name not in optional]
    return {"type": "object", "properties": dict(parts), "required": required, "additionalProperties": False}


def _list_of(name: str) -> Plain:
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}}


def _or_null(schema: Plain) -> Plain:
    return {"anyOf": [schema, {"type": "null"}]}


def _say(schema: Plain, description: str) -> Plain:
    return {**schema, "description": description}


_DEFINITIONS: dict[str, Plain] = {
    "word": {
        "sort": _TEXT,
        "name": _TEXT,
        "value": _say(_TEXT, "what the declaration says beside the name: a path, a kind, a standard key"),
        "members": _say(_TEXTS, "the names right below this one"),
    },
    "parameter": {"name": _TEXT, "value": _TEXT, "literal": _say(_FLAG, "the literal reading is chosen")},
    "certificate": {"name": _TEXT, "programme": _TEXT, "number": _TEXT, "until": _DATE},
    "section": {
        "slug": _TEXT,
        "title": _TEXT,
        "level": {"type": "integer", "minimum": 0, "maximum": 6},
        "passages": _list_of("passage"),
    },
    "passage": {
        "paragraphs": _list_of("paragraph"),
        "sentences": _list_of("sentence"),
        "rules": _list_of("rule"),
    },
    "paragraph": {"kind": {"enum": ["text", "item"]}, "sentences": {"type": "array", "items": _COUNT}},
    "sentence": {
        "ref": _say(_TEXT, "policy#section.number; stays as long as heading and number do"),
        "number": {"type": "integer", "minimum": 1},
        "text": _TEXT,
        "digest": _say(_TEXT, "of the text, so that evidence stays true when text moves"),
    },
    "rule": {
        "text": _say(_TEXT, "the canonical line"),
        "verb": _TEXT,
        "form": {"enum": list(FORMS)},
        "active": _say(_FLAG, "false for a reading that is not chosen"),
        "opens": _say(_FLAG, "rules of this form permit acts"),
        "closes": _say(_FLAG, "rules of this form refuse acts"),
        "claims": _say(_FLAG, "asserts, and makes nothing"),
        "sentences": _say(_TEXTS, "references of the sentences it upholds"),
        "parts": _say({"type": "object", "additionalProperties": _TEXTS}, "what stands in the line, by part"),
        "degree": _or_null({"$ref": "#/$defs/degree"}),
        "if": _or_null({"$ref": "#/$defs/condition"}),
        "unless": _or_null({"$ref": "#/$defs/condition"}),
        "approval": _or_null({"$ref": "#/$defs/approval"}),
        "layer": {"enum": list(LAYERS)},
        "settled": _say(_or_null(_TEXT), "the parameter that decides between readings"),
        "literal": _FLAG,
        "refs": _say(_TEXTS, "clauses of the source"),
        "laws": _TEXTS,
        "comment": _TEXT,
        "line": _or_null({"type": "integer", "minimum": 1}),
    },
    "degree": {
        "name": {"enum": ["identified", "pseudonymous", "de-identified", "aggregate"]},
        "k": _or_null({"type": "integer", "minimum": 1}),
        "parameter": _or_null(_TEXT),
    },
    "condition": {
        "mode": _say({"enum": ["all", "any"]}, "all of the terms, or any of them"),
        "terms": {"type": "array", "items": {"$ref": "#/$defs/term"}, "minItems": 1},
    },
    "term": {"text": _TEXT, "facts": _say(_TEXTS, "it holds when one of these does")},
    "approval": {"count": {"type": "integer", "minimum": 1}, "role": _TEXT},
    "table": {
        "facts": _say(_TEXTS, "in the order of their bits"),
        "choices": {"type": "object", "additionalProperties": {"enum": ["opt-in", "opt-out"]}},
        "actions": {
            "type": "object",
            "properties": {action: {"$ref": "#/$defs/size"} for action in ACTIONS},
            "required": list(ACTIONS),
            "additionalProperties": False,
        },
    },
    "size": {"cells": _COUNT, "pieces": _COUNT, "counterparts": _TEXTS},
}
