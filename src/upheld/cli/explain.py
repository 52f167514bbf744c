"""`upheld explain`: why the gate answers as it does, what a sentence means, what an error code asks; knows the core alone."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import textwrap
from difflib import get_close_matches

from upheld.cli.ask import add_question, open_gate
from upheld.core.errors import CODES, GateError, find_code
from upheld.core.gate import Gate, parse_act, parse_facts
from upheld.core.gate.explain import Explanation, explain_act
from upheld.core.policy.lint.vague import VAGUE
from upheld.core.policy.reading.mistakes import shorten
from upheld.core.policy.saying.rules import say_rule

DESCRIPTION = """\
Explains in words: an act (the verdict, the sentence that decides, its rule, and what would change the answer), a
sentence by its reference (its rules in plain words), an error code (what it means and what to do), or a vague wording by
its research id (what settles it)."""
EPILOG = """\
examples:
  upheld explain 'share person.email with "a list broker" for sale' --policy lasership
  upheld explain 'show service to analysts for reporting' --policy lasership
  upheld explain lasership#cookies.1
  upheld explain P303
  upheld explain V-27

exit codes:
  0  permitted, or explained
  1  refused, or the policy is silent about it
  2  the question or the policy cannot be read"""

_CODE = re.compile(r"[A-Z]\d{3}")
_WORDING = re.compile(r"V-\d{2}")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command with its help."""
    parser = subparsers.add_parser(
        "explain",
        help="why the gate answers as it does; what a sentence or an error code means",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_question(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the explanation; 0 for a yes and for sentences and codes, 1 for a no. Raises UpheldError."""
    if _CODE.fullmatch(args.act.upper()):
        return _explain_code(args.act.upper(), args)
    if _WORDING.fullmatch(args.act.upper()):
        return _explain_wording(args.act.upper(), args)
    if "#" in args.act:
        args.policy = args.act.partition("#")[0] if args.policy is None else args.policy
        return _explain_sentence(open_gate(args), args)
    gate = open_gate(args)
    explanation = explain_act(gate, parse_act(args.act, gate.table.words), parse_facts(args.facts, gate.table))
    if args.format == "json":
        _print_json(_describe(explanation))
    else:
        print(_lay_out(explanation))
    return 0 if explanation.verdict.is_permitted else 1


def _explain_code(name: str, args: argparse.Namespace) -> int:
    code = find_code(name)
    if code is None:
        near = get_close_matches(name, [one.code for one in CODES], n=1, cutoff=0.5)
        hint = f"the nearest is `{near[0]}`" if near else "docs/errors.md lists them"
        raise GateError("G403", f"there is no error code `{name}`", hint)
    if args.format == "json":
        _print_json({"code": code.code, "title": code.title, "advice": code.advice})
    else:
        print(f"{code.code}  {code.title}\n      {code.advice}")
    return 0


def _explain_wording(name: str, args: argparse.Namespace) -> int:
    one = next((one for one in VAGUE if one.id == name), None)
    if one is None:
        raise GateError("G403", f"there is no vague wording `{name}`", f"they go from {VAGUE[0].id} to {VAGUE[-1].id}")
    if args.format == "json":
        described = {"id": one.id, "words": list(one.words), "settles": one.settles}
        _print_json({**described, "parameter": one.parameter, "default": one.default})
    else:
        print(f"{one.id}  {', '.join(f'“{word}”' for word in one.words)}\n      settle {one.settles}")
        print(f"      we say `{one.parameter}: {one.default}`")
    return 0


def _explain_sentence(gate: Gate, args: argparse.Namespace) -> int:
    policy, ref = gate.table.policy, args.act
    sentence = policy.find_sentence(ref)
    if sentence is None:
        known = [one.ref for one in policy.sentences if one.section == ref.partition("#")[2].rpartition(".")[0]]
        hint = f"this section has {known[0]} to {known[-1].rpartition('.')[2]}" if known else ""
        raise GateError("G403", f"there is no sentence `{shorten(ref)}`", hint or "`upheld words` lists sections")
    rules = [rule for rule in policy.rules if ref in rule.sentences]
    if args.format == "json":
        described = [
            {"rule": rule.text, "said": say_rule(rule, policy), "chosen": policy.is_active(rule)} for rule in rules
        ]
        _print_json({"ref": ref, "text": sentence.text, "rules": described})
        return 0
    print(_wrap(f"“{sentence.text}”", "  "))
    for rule in rules:
        mark = "" if policy.is_active(rule) else "  (a reading that is not chosen)"
        print(f"\n  {rule.text}{mark}\n{_wrap(say_rule(rule, policy), '    ')}")
    return 0


def _lay_out(explanation: Explanation) -> str:
    lines = [explanation.act, _wrap(explanation.summary, "  ")]
    if explanation.sentences:
        sentence = explanation.sentences[0]
        clauses = f"  [{' '.join(explanation.clauses)}]" if explanation.clauses else ""
        lines += ["", _wrap(f"“{sentence.text}”", "    "), f"    {sentence.ref}{clauses}"]
        others = [one.ref for one in explanation.sentences[1:]]
        if others:
            lines.append(_wrap(f"and {', '.join(others)}", "    "))
    if explanation.rule:
        lines += ["", _wrap(f"rule: {explanation.rule}", "    ")]
    if explanation.verdict.parts:
        lines += ["", "  category by category:"]
        lines += [f"    {part.outcome:9}  {data}" for data, part in explanation.verdict.parts]
    if explanation.changes:
        lines += ["", "  it would be permitted if it were known that"]
        lines += [_wrap(f"- {change}", "    ", "      ") for change in explanation.changes]
    return "\n".join(lines)


def _wrap(text: str, indent: str, further: str | None = None) -> str:
    width = min(100, shutil.get_terminal_size().columns)
    return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent if further is None else further)


def _print_json(described: dict[str, object]) -> None:
    print(json.dumps(described, indent=2, ensure_ascii=False))


def _describe(explanation: Explanation) -> dict[str, object]:
    return {
        "act": explanation.act,
        "verdict": explanation.verdict.outcome,
        "summary": explanation.summary,
        "sentences": [{"ref": sentence.ref, "text": sentence.text} for sentence in explanation.sentences],
        "clauses": list(explanation.clauses),
        "rule": explanation.rule,
        "changes": list(explanation.changes),
        "parts": {data: part.outcome for data, part in explanation.verdict.parts},
    }
