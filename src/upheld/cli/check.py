"""`upheld check`: reads policies and shows everything wrong or doubtful about them; knows the core alone."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from upheld.cli.policies import add_folder, list_policies, locate_policy, refuse_name
from upheld.core.errors import Finding, PolicyError, render_finding
from upheld.core.gate import Gate
from upheld.core.gate.formal import prove_formally
from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.forms import is_claim
from upheld.core.policy.lint import has_errors, lint_policy
from upheld.core.policy.load import load_policy
from upheld.core.policy.versions import check_fit, list_version_files

DESCRIPTION = """\
Reads each version of each policy and lists all findings at once: place, underlined piece, code, hint. When there is no
error, its claims are checked in all cases too. An error means
that the policy cannot be used or contradicts itself; a warning is something a person should look at."""
EPILOG = """\
examples:
  upheld check                           every version of every policy in the folder `policies`
  upheld check lasership
  upheld check my.policy.md --format json

exit codes:
  0  no errors (there may be warnings)
  1  at least one error
  2  there is nothing to read"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command with its help."""
    parser = subparsers.add_parser(
        "check",
        help="everything wrong or doubtful about a policy, at its place",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("policy", nargs="*", metavar="POLICY", help="a name, a folder or a file; without one, all")
    add_folder(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default: text)")
    parser.add_argument("--strict", action="store_true", help="count warnings as errors")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints all findings; 0 when none is an error, else 1. Raises UpheldError when nothing is there to read."""
    files = [file for name in args.policy or list_policies(args.policies) for file in find_files(name, args.policies)]
    found = {file: check_file(file) for file in files}
    findings = [finding for group in found.values() for finding in group]
    failing = [finding for finding in findings if finding.level == "error" or args.strict]
    if args.format == "json":
        print(json.dumps(_describe(found, is_sound=not failing), indent=2, ensure_ascii=False))
        return 1 if failing else 0
    for file, group in found.items():
        for finding in group:
            print(render_finding(finding))
        errors = sum(finding.level == "error" for finding in group)
        state = "sound" if not group else f"{_count(errors, 'error')}, {_count(len(group) - errors, 'warning')}"
        print(f"{file}: {state}")
    return 1 if failing else 0


def find_files(name: str, folder: Path) -> tuple[Path, ...]:
    """All version files of a policy by its name, its folder, or the file itself."""
    path = locate_policy(name, folder)
    if path is not None and path.is_dir():
        files = list_version_files(path)
        if files:
            return files
    elif path is not None and path.exists():
        return (path,)
    raise refuse_name(name, folder)


def check_file(file: Path) -> tuple[Finding, ...]:
    """All findings of one version file, those that keep it from loading included."""
    try:
        policy = load_policy(file)
        if file.parent.name == policy.slug:
            check_fit(policy, file, [])
    except PolicyError as error:
        return error.findings
    beside = frozenset(path.name for path in file.parent.iterdir())
    table = compile_policy(policy)
    found = lint_policy(policy, table=table, today=datetime.now(UTC).date(), files=beside)
    return found if has_errors(found) else (*found, *check_claims(table))


def check_claims(table: Table) -> tuple[Finding, ...]:
    """P321 for each claim that the formal proof refutes; `upheld prove` shows the whole counterexample."""
    findings = []
    for proof in prove_formally(Gate(table)):
        if proof.state != "fails" or not is_claim(proof.rule.form):
            continue
        example = proof.counterexample
        shown = example.act if example else None
        hint = f"`{shown}` is permitted" if shown else (example.why if example else None)
        text = "this claim does not hold in all cases"
        findings.append(Finding("P321", "error", text, proof.rule.place, hint, proof.rule.source))
    return tuple(findings)


def _describe(found: dict[Path, tuple[Finding, ...]], *, is_sound: bool) -> dict[str, object]:
    files = [
        {
            "file": str(file),
            "findings": [
                {
                    "code": finding.code,
                    "level": finding.level,
                    "text": finding.text,
                    "hint": finding.hint,
                    "line": finding.place.line if finding.place else None,
                    "column": finding.place.column if finding.place else None,
                    "length": finding.place.length if finding.place else None,
                }
                for finding in findings
            ],
        }
        for file, findings in found.items()
    ]
    return {"sound": is_sound, "files": files}


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
