"""An alignment as one HTML page that stands alone: no script, nothing fetched; knows only alignments."""

from __future__ import annotations

from html import escape
from itertools import groupby

from upheld.core.policy.words import print_body
from upheld.core.register.align import AlignedClause, Alignment, Restatement
from upheld.core.register.align_sheet import say_absence, say_layer, summarise_alignment

# Its own few rules: the page is a file on somebody's disk and has no style sheet beside it.
STYLE = """
:root { color-scheme: light dark; --ink: #1c2126; --quiet: #57606a; --paper: #fdfdfc; --line: #d4d8dc; --tint: #f1f3f4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e7ea; --quiet: #a3acb5; --paper: #15181b; --line: #3a4148; --tint: #1f2428; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 96rem; padding: 2rem 1.5rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 1rem; }
ul.summary { margin: 0 0 2rem; padding-left: 1.2rem; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
th, td { text-align: left; vertical-align: top; padding: .75rem; border-top: 1px solid var(--line);
  overflow-wrap: anywhere; }
thead th { position: sticky; top: 0; background: var(--paper); font-size: .875rem; }
tbody th { font-weight: 600; }
.kind, .ref, .note { display: block; color: var(--quiet); font-size: .875rem; font-weight: 400; }
.ref { margin-bottom: .5rem; }
.absent { color: var(--quiet); }
code { font: .875rem/1.5 ui-monospace, monospace; }
col.clause { width: 10rem; } col.layer { width: 9rem; }
tbody.lost { background: var(--tint); }
@media (max-width: 60rem) {
  table, tbody, tr, th, td { display: block; } thead, colgroup { display: none; }
  tbody { border-top: 2px solid var(--line); padding: .5rem 0; }
  th, td { border: 0; padding: .25rem .5rem; }
  td[data-what]::before { content: attr(data-what); display: block; color: var(--quiet); font-size: .875rem; }
}
@media print { thead th { position: static; } tbody { break-inside: avoid; } }
"""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<ul class="summary">
{summary}
</ul>
<table>
<colgroup><col class="clause"><col><col><col><col class="layer"></colgroup>
<thead><tr><th scope="col">Clause</th><th scope="col">Original</th><th scope="col">Our sentence</th>\
<th scope="col">Rule</th><th scope="col">Layer</th></tr></thead>
{rows}
</table>
<p class="note">Made on this computer from a document that lies there. The original's words stand in this file
alone; nothing was sent anywhere or kept elsewhere.</p>
</main>
</body>
</html>
"""


def make_page(alignment: Alignment, document: str) -> str:
    """The whole page; every text in it is escaped. `document` is the name shown for the original."""
    return PAGE.format(
        title=escape(f"{alignment.slug}: the original, our sentences, the rules"),
        style=STYLE,
        summary="\n".join(f"<li>{escape(text)}</li>" for text in summarise_alignment(alignment, document)),
        rows="\n".join(_make_clause(row, alignment) for row in alignment.rows),
    )


def _make_clause(row: AlignedClause, alignment: Alignment) -> str:
    """One clause: a table body with a line for each rule; clause, original and sentence span theirs."""
    clause = row.clause
    span = max(1, len(row.restatements))
    original = escape(row.original) if row.is_found else '<span class="absent">(not in this document)</span>'
    head = (
        f'<th scope="rowgroup" rowspan="{span}" id="{escape(clause.id)}">{escape(clause.id)}'
        f'<span class="kind">{escape(clause.kind)}, {escape(clause.modality)}</span></th>'
        f'<td rowspan="{span}" data-what="Original">{original}</td>'
    )
    cells = [cell for said, group in groupby(row.restatements, _make_sentences) for cell in _make_cells(said, [*group])]
    if not cells:
        cells = [f'<td colspan="3" class="absent">{escape(say_absence(alignment))}</td>']
    cells[0] = head + cells[0]
    opening = "<tbody>" if row.is_found else '<tbody class="lost">'
    return opening + "\n".join(f"<tr>{cell}</tr>" for cell in cells) + "</tbody>"


def _make_sentences(restatement: Restatement) -> str:
    return "".join(
        f'{escape(said.text)}<span class="ref">#{escape(said.ref.partition("#")[2])}</span>'
        for said in restatement.sentences
    )


def _make_cells(said: str, group: list[Restatement]) -> list[str]:
    """The cells of some rules under one sentence, a string for each line of the table."""
    cells = [
        f'<td data-what="Rule"><code>{escape(print_body(restatement.rule))}</code></td>'
        f'<td data-what="Layer">{escape(say_layer(restatement))}</td>'
        for restatement in group
    ]
    cells[0] = f'<td rowspan="{len(group)}" data-what="Our sentence">{said}</td>' + cells[0]
    return cells
