// j and k go through the rows of a table, Enter opens, / looks for somebody, ? lists the keys. All of it works without.
"use strict";

let here = -1;

function go(step) {
  // looked for each time: a table may have been sorted meanwhile
  const rows = [...document.querySelectorAll("tbody tr")].filter((row) => row.querySelector("a, button, summary"));
  if (!rows.length) return;
  here = Math.min(Math.max(here + step, 0), rows.length - 1);
  rows[here].querySelector("a, button, summary").focus();
  rows[here].scrollIntoView({ block: "nearest" });
}

function isTyping(target) {
  return target.closest("input, textarea, select") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const search = document.querySelector("[data-search]");
  const keys = document.getElementById("keys");
  if (event.key === "j") go(1);
  else if (event.key === "k") go(-1);
  else if (event.key === "/" && search) search.focus();
  else if (event.key === "?" && keys) keys.open = !keys.open;
  else return;
  event.preventDefault();
});
