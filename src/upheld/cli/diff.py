"""`upheld diff`: what changes for people between two versions, or what several policies permit; knows the core alone."""

from __future__ import annotations

import argparse
import json
import shutil
import textwrap

from upheld.cli.comparison import describe_comparison, print_comparison, write_comparison
from upheld.cli.policies import add_folder, list_policies, locate_policy, open_policy, refuse_name
from upheld.core.compare.comparing import Comparison, compare_kind, compare_whole
from upheld.core.compare.kinds import KINDS, find_kind
from upheld.core.errors import PolicyError, RegisterError
from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.diff import Change, compare_tables, is_material
from upheld.core.policy.versions import load_versions

DESCRIPTION = """\
Two versions of one policy are compared by their compiled tables, not by their text: which acts are newly permitted, no
longer permitted or under other conditions, and which duties, cookies and safeguards came, went or changed. Several
policies, or none named for all, stand side by side: who may do what with one kind of data."""
EPILOG = """\
examples:
  upheld diff lasership                  the newest version against the one before
  upheld diff old.policy.md new.policy.md
  upheld diff                            all policies: who may do what with your e-mail address?
  upheld diff lasership goodskin --data health
  upheld diff --data business            what they say whatever the data: ages, changes, how to stop

exit codes:
  0  nothing changes for people, or nothing material; policies were compared
  1  the change is material: people have to be told as the policy promises
  2  a file cannot be read"""
BUSINESS = "business"
EMAIL = "email"
_MARKS = {"opens": "+", "closes": "-", "condition": "~", "added": "+", "removed": "-", "changed": "~"}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command with its help."""
    parser = subparsers.add_parser(
        "diff",
        help="what changes for people between two versions",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "policy", nargs="*", metavar="POLICY", help="a name or folder; two files of one policy; or several policies"
    )
    add_folder(parser)
    parser.add_argument(
        "--data",
        choices=(*(kind.name for kind in KINDS), BUSINESS),
        metavar="KIND",
        help=f"compare policies for this kind of data (default: {EMAIL}): {', '.join(k.name for k in KINDS)}, or {BUSINESS}",
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "csv"),
        default="text",
        help="how to print (default: text; csv for policies)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the changes; 1 when they are material, else 0. Raises UpheldError when a version cannot be read."""
    if args.data or len(args.policy) != 1:
        tables = [
            compile_policy(open_policy(name, args.policies)) for name in args.policy or list_policies(args.policies)
        ]
        is_one = len({table.policy.slug for table in tables}) == 1
        if args.data or not (is_one and len(tables) == 2):
            return _run_comparison(args, tables)
    if args.format == "csv":
        raise RegisterError("R505", "the changes of one policy are no table", "leave out --format csv, or name several")
    old, new = _open_pair(args)
    changes = compare_tables(old, new)
    material = is_material(changes)
    if args.format == "json":
        print(json.dumps(_describe(old, new, changes), indent=2, ensure_ascii=False))
    else:
        print(f"{old.policy.version.isoformat()} -> {new.policy.version.isoformat()}")
        width = min(100, shutil.get_terminal_size().columns)
        for change in changes:
            mark = f"{_MARKS[change.kind]} {'! ' if change.is_material else '  '}"
            print(textwrap.fill(change.text, width, initial_indent=mark, subsequent_indent="    "))
        said = "material (!): people have to be told" if material else "not material"
        print(f"the change is {said}" if changes else "nothing changes for people")
    return 1 if material else 0


def _run_comparison(args: argparse.Namespace, tables: list[Table]) -> int:
    comparison = _compare(args.data or EMAIL, tables)
    if args.format == "json":
        print(json.dumps(describe_comparison(comparison), indent=2, ensure_ascii=False))
    elif args.format == "csv":
        print(write_comparison(comparison), end="")
    else:
        print(print_comparison(comparison, shutil.get_terminal_size().columns), end="")
    return 0


def _compare(data: str, tables: list[Table]) -> Comparison:
    kind = find_kind(data)
    return compare_whole(tables) if kind is None else compare_kind(tables, kind)


def _open_pair(args: argparse.Namespace) -> tuple[Table, Table]:
    name = args.policy[0]
    if len(args.policy) > 1:
        old = compile_policy(open_policy(name, args.policies))
        return old, compile_policy(open_policy(args.policy[1], args.policies), old.facts)
    folder = locate_policy(name, args.policies)
    if folder is not None and folder.is_file():
        raise RegisterError("R505", f"`{name}` is one version", "name the newer file behind it")
    if folder is None or not folder.is_dir():
        raise refuse_name(name, args.policies)
    versions = load_versions(folder)
    if versions.broken:  # to compare what is left would answer another question
        raise PolicyError(tuple(finding for _, findings in versions.broken for finding in findings))
    if len(versions.tables) < 2:
        raise RegisterError("R505", f"`{name}` has one version only", "give two files to compare")
    return versions.tables[-2], versions.tables[-1]


def _describe(old: Table, new: Table, changes: tuple[Change, ...]) -> dict[str, object]:
    return {
        "old": old.policy.version.isoformat(),
        "new": new.policy.version.isoformat(),
        "material": is_material(changes),
        "changes": [{"kind": change.kind, "material": change.is_material, "text": change.text} for change in changes],
    }
