"""`upheld ask`: puts acts to the gate and prints verdicts, one a line, for people and programs; knows the core alone."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace

from upheld.cli.policies import add_folder, choose_policy
from upheld.core.errors import GateError, UpheldError
from upheld.core.gate import Gate, parse_act, parse_facts
from upheld.core.gate.act import Verdict
from upheld.core.policy.compile import compile_policy

DESCRIPTION = """\
Puts an act to the gate: an action, data, a counterpart, a purpose. What is not said about the facts is unknown, and
doubt never opens. `upheld words` lists the words of a policy; a name that the policy does not know stands in quotes."""
EPILOG = """\
examples:
  upheld ask 'use person.email for marketing.newsletter' --facts 'marketing yes' --policy lasership
  upheld ask 'share person.email with "a list broker" for sale' --policy goodskin
  upheld ask - < acts.txt                one act a line, facts after a bar: ACT | FACTS

exit codes:
  0  permitted (all of them)
  1  refused, or the policy is silent about it
  2  the act, the facts or the policy cannot be read"""

MOST_CHARACTERS = 10_000


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command with its help."""
    parser = subparsers.add_parser(
        "ask",
        help="put an act to the gate: the verdict and its sentence, one line",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_question(parser)
    parser.set_defaults(run=run)


def add_question(parser: argparse.ArgumentParser) -> None:
    """Adds what a question to the gate is made of; `upheld explain` takes the same."""
    parser.add_argument("act", metavar="ACT", help="for example 'use person.email for contact'; - reads standard input")
    parser.add_argument("--facts", default="", help="what is known: 'requested, not told, marketing no'")
    parser.add_argument("--policy", metavar="POLICY", help="a name, a folder or a file (default: the first)")
    add_folder(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default: text)")


def open_gate(args: argparse.Namespace) -> Gate:
    """The gate of the policy that the arguments name, its newest version. Raises UpheldError when there is none."""
    return Gate(compile_policy(choose_policy(args.policy, args.policies)))


def run(args: argparse.Namespace) -> int:
    """Prints a line for each act; 0 when all are permitted, else 1. Raises GateError for what cannot be read."""
    gate = open_gate(args)
    all_permitted = True
    for number, text, facts in _read_questions(args):
        try:
            act = parse_act(text, gate.table.words)
            verdict = gate.ask(act, parse_facts(facts, gate.table))
        except GateError as error:
            raise _place_error(error, number) from None
        all_permitted = all_permitted and verdict.is_permitted
        clauses = find_clauses(gate, verdict)
        if args.format == "json":
            print(json.dumps(_describe(str(act), facts, verdict, clauses), ensure_ascii=False))
        else:
            reason = "  ".join([*verdict.because[:1], " ".join(clauses)]).strip()
            print(f"{verdict.outcome:9}  {act}" + (f"  because of {reason}" if reason else ""))
    return 0 if all_permitted else 1


def find_clauses(gate: Gate, verdict: Verdict) -> tuple[str, ...]:
    """The clause ids that the rules under the deciding sentence cite."""
    rules = (rule for rule in gate.table.rules if set(rule.sentences) & set(verdict.because[:1]))
    return tuple(dict.fromkeys(ref for rule in rules for ref in rule.refs))


def _read_questions(args: argparse.Namespace) -> Iterator[tuple[int, str, str]]:
    """The number of the line (0 without standard input), the act and the facts of each question."""
    if args.act != "-":
        yield 0, args.act, args.facts
        return
    number = 0
    try:
        for number, line in enumerate(sys.stdin, start=1):
            text, _, facts = line.rstrip().partition("|")
            if len(line) > MOST_CHARACTERS:
                raise UpheldError("G401", f"line {number} is too long to be an act", "one act a line")
            if text.strip() and not text.lstrip().startswith("#"):
                yield number, text, facts.strip() or args.facts
    except UnicodeDecodeError:
        hint = "write the acts as UTF-8"
        raise UpheldError("G401", f"line {number + 1} of standard input is not UTF-8", hint) from None


def _place_error(error: GateError, number: int) -> GateError:
    """The error with the line of standard input it is about."""
    if not number or error.place is None:
        return error
    place = replace(error.place, file="standard input", line=number)
    return GateError(error.code, error.text, error.hint, place)


def _describe(act: str, facts: str, verdict: Verdict, clauses: tuple[str, ...]) -> dict[str, object]:
    described: dict[str, object] = {
        "act": act,
        "facts": facts,
        "verdict": verdict.outcome,
        "because": list(verdict.because),
        "clauses": list(clauses),
    }
    if verdict.parts:
        described["parts"] = {data: part.outcome for data, part in verdict.parts}
    return described
