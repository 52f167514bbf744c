"""`upheld diff`: what changes for people between two versions of a policy; knows the core alone."""

from __future__ import annotations

import argparse
import json
import shutil
import textwrap

from upheld.cli.policies import add_folder, locate_policy, open_policy, refuse_name
from upheld.core.errors import PolicyError, RegisterError
from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.diff import Change, compare_tables, is_material
from upheld.core.policy.versions import load_versions

DESCRIPTION = """\
Compares two versions by their compiled tables, not by their text: which acts are newly permitted, no longer permitted
or under other conditions, and which duties, cookies and safeguards came, went or changed."""
EPILOG = """\
examples:
  upheld diff lasership                  the newest version against the one before
  upheld diff old.policy.md new.policy.md

exit codes:
  0  nothing changes for people, or nothing material
  1  the change is material: people have to be told as the policy promises
  2  a file cannot be read"""
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
    parser.add_argument("policy", metavar="POLICY", help="a name or folder, or the older file")
    parser.add_argument("newer", nargs="?", metavar="NEWER", help="the newer file, when the first is a file")
    add_folder(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default: text)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the changes; 1 when they are material, else 0. Raises UpheldError when a version cannot be read."""
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


def _open_pair(args: argparse.Namespace) -> tuple[Table, Table]:
    if args.newer:
        old = compile_policy(open_policy(args.policy, args.policies))
        return old, compile_policy(open_policy(args.newer, args.policies), old.facts)
    folder = locate_policy(args.policy, args.policies)
    if folder is not None and folder.is_file():
        raise RegisterError("R505", f"`{args.policy}` is one version", "name the newer file behind it")
    if folder is None or not folder.is_dir():
        raise refuse_name(args.policy, args.policies)
    versions = load_versions(folder)
    if versions.broken:  # to compare what is left would answer another question
        raise PolicyError(tuple(finding for _, findings in versions.broken for finding in findings))
    if len(versions.tables) < 2:
        raise RegisterError("R505", f"`{args.policy}` has one version only", "give two files to compare")
    return versions.tables[-2], versions.tables[-1]


def _describe(old: Table, new: Table, changes: tuple[Change, ...]) -> dict[str, object]:
    return {
        "old": old.policy.version.isoformat(),
        "new": new.policy.version.isoformat(),
        "material": is_material(changes),
        "changes": [{"kind": change.kind, "material": change.is_material, "text": change.text} for change in changes],
    }
