"""`upheld words`: the words that acts, facts and rules of a policy are made of; knows the core alone."""

from __future__ import annotations

import argparse
import json
from difflib import get_close_matches

from upheld.cli.policies import add_folder, choose_policy
from upheld.core.errors import GateError
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.model import Policy
from upheld.core.policy.saying.rules import say_fact, say_name

DESCRIPTION = """\
Lists the declared names of a policy by sort, with what people read for them, the facts the gate can be told, and
the sections whose sentences can be explained. With --all also the language's own words."""
EPILOG = """\
examples:
  upheld words lasership
  upheld words lasership --sort data
  upheld words lasership --format json

exit codes:
  0  listed
  2  the policy cannot be read"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command with its help."""
    parser = subparsers.add_parser(
        "words",
        help="the words that acts, facts and rules are made of",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("policy", nargs="?", metavar="POLICY", help="a name, a folder or a file (default: the first)")
    parser.add_argument("--sort", help="only this sort: data, purpose, recipient, role, touchpoint, fact, ...")
    parser.add_argument("--all", action="store_true", help="the language's own words too")
    add_folder(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default: text)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the words; always 0. Raises UpheldError when the policy cannot be read."""
    policy = choose_policy(args.policy, args.policies)
    sorts = list_words(policy, with_own=True)
    if args.sort is not None and args.sort not in sorts:
        near = get_close_matches(args.sort, sorts, n=1)
        hint = f"did you mean `{near[0]}`?" if near else "there are: " + ", ".join(sorts)
        raise GateError("G403", f"there are no words of the sort `{args.sort}`", hint)
    listed = {sort: words for sort, words in list_words(policy, with_own=args.all).items() if args.sort in (None, sort)}
    if args.format == "json":
        print(json.dumps(listed, indent=2, ensure_ascii=False))
        return 0
    for sort, words in listed.items():
        print(sort)
        width = max(len(name) for name in words)
        for name, said in words.items():
            print(f"  {name:{width}}  {said}".rstrip())
    return 0


def list_words(policy: Policy, *, with_own: bool) -> dict[str, dict[str, str]]:
    """By sort, each name with what it means or how it is said; sorts without names are left out."""
    found: dict[str, dict[str, str]] = {}
    for sort, names in policy.words.by_sort.items():
        if sort == "fact":
            continue
        said = {
            name: (word.value if word.built_in else say_name(name, sort, policy.words))
            for name, word in names.items()
            if with_own or not word.built_in
        }
        if said:
            found[sort] = said
    found["fact"] = {name: f"if {say_fact(name, policy)}" for name in compile_policy(policy).facts.names}
    found["section"] = {f"{policy.slug}#{section.slug}": section.title for section in policy.sections}
    return found
