// Tables with more than one row are sorted by a click on the head of a column; a second click turns it round. Works without.
"use strict";

function readCell(row, column) {
  const cell = row.cells[column];
  if (!cell) return "";
  const moment = cell.querySelector("time[datetime]");
  return moment ? moment.getAttribute("datetime") : cell.textContent.trim();
}

function compare(one, other) {
  const numbers = [one, other].map((text) => Number(text.replace(/[\s,%]/g, "")));
  if (one !== "" && other !== "" && !numbers.some(Number.isNaN)) return numbers[0] - numbers[1];
  if (one === "" || other === "") return one === other ? 0 : one === "" ? 1 : -1;
  return one.localeCompare(other, undefined, { numeric: true });
}

function sortBy(table, column, head) {
  const isDown = head.getAttribute("aria-sort") === "ascending";
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const order = new Map(rows.map((row, place) => [row, [readCell(row, column), place]]));
  rows.sort((one, other) => {
    const [text, place] = order.get(one);
    const [otherText, otherPlace] = order.get(other);
    const found = compare(text, otherText);
    if (text === "" || otherText === "") return found || place - otherPlace;
    return (isDown ? -found : found) || place - otherPlace;
  });
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
  body.append(...rows);
}

for (const table of document.querySelectorAll("table.dense:not(.bars)")) {
  if (!table.tHead || !table.tBodies[0] || table.tBodies[0].rows.length < 2) continue;
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    if (!head.textContent.trim()) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort-button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sortBy(table, column, head));
    head.append(button);
  });
}
