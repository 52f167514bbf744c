// A draft of the policy: numbers and wavy lines keep up with the typing, the text is checked and saved by itself, nothing
// typed is lost. Without this script the buttons of the form do the same. A module: its names stay its own.

const form = document.getElementById("draft");
const area = document.getElementById("text");
const mirror = document.querySelector(".mirror");
const find = (name) => document.querySelector(`[data-${name}]`);
const slot = `draft:${form.dataset.draft}`;
const title = document.title.replace(/^\(\d+ errors?\) /, "");
const largest = Number(form.dataset.largest);
const CHECK_AFTER = 350;
const SAVE_AFTER = 1500;
const KEEP_AFTER = 250;

let token = form.elements.csrfmiddlewaretoken.value;
let saved = form.dataset.refused ? null : area.defaultValue;
let blocked = false; // somebody else saved, or the draft is gone: only a person can go on
let isSaving = false;
let isUnchecked = false;
let failures = 0;
let asked = 0;
let found = [];
let at = -1;
const timers = {};

function later(name, wait, deed) {
  clearTimeout(timers[name]);
  timers[name] = setTimeout(deed, wait);
}

function say(words, isFailed = false) {
  const state = find("saved");
  state.classList.toggle("failed", isFailed);
  if (state.textContent !== words) state.textContent = words;
}

// -- the copy behind the text: one element a line -----------------------------------------------------------------------

let drawn = area.value.split("\n");

function drawLine(line, text, marks) {
  const pieces = [];
  let end = 0;
  for (const mark of [...marks].sort((one, other) => one.column - other.column)) {
    const start = Math.max(end, Math.min(mark.column - 1, text.length));
    const stop = Math.min(text.length, Math.max(start, mark.column - 1 + mark.length));
    if (start > end) pieces.push(text.slice(end, start));
    if (stop > start) {
      const piece = document.createElement("span");
      piece.className = mark.kind;
      piece.textContent = text.slice(start, stop);
      pieces.push(piece);
    }
    end = Math.max(end, stop);
  }
  if (end < text.length) pieces.push(text.slice(end));
  line.replaceChildren(...pieces);
  const kinds = new Set(marks.map((mark) => mark.kind));
  line.className = kinds.has("bad") ? "line bad" : kinds.size ? "line warning" : "line";
}

function drawText() {
  const lines = area.value.split("\n");
  let top = 0;
  while (top < lines.length && top < drawn.length && lines[top] === drawn[top]) top += 1;
  let bottom = 0;
  while (bottom < Math.min(lines.length, drawn.length) - top && lines.at(-1 - bottom) === drawn.at(-1 - bottom)) bottom += 1;
  const old = [...mirror.children].slice(top, drawn.length - bottom);
  const fresh = lines.slice(top, lines.length - bottom).map((text) => {
    const line = document.createElement("div");
    drawLine(line, text, []);
    return line;
  });
  mirror.children[drawn.length - bottom] ? mirror.children[drawn.length - bottom].before(...fresh) : mirror.append(...fresh);
  for (const line of old) line.remove();
  drawn = lines;
}

if (mirror.children.length !== drawn.length) {
  // of a text that is no policy the server draws the beginning alone
  drawn = [];
  mirror.replaceChildren();
  drawText();
}

function goTo(number, column = 1, length = 0) {
  const lines = area.value.split("\n");
  const row = Math.min(Math.max(number, 1), lines.length);
  let start = column - 1;
  for (let n = 0; n < row - 1; n += 1) start += lines[n].length + 1;
  area.focus({ preventScroll: true });
  area.setSelectionRange(start, Math.min(start + length, area.value.length));
  for (const line of mirror.querySelectorAll(".here")) line.classList.remove("here");
  const line = mirror.children[row - 1];
  line.classList.add("here");
  line.scrollIntoView({ block: "center" });
}

// -- what was found -----------------------------------------------------------------------------------------------------

function count(number, one, many) {
  return `${number} ${number === 1 ? one : many}`;
}

function showFound(told) {
  found = told.findings;
  at = -1;
  const byLine = new Map();
  for (const one of found) byLine.set(one.line, [...(byLine.get(one.line) || []), one]);
  [...mirror.children].forEach((line, place) => {
    const marks = byLine.get(place + 1) || [];
    if (marks.length || line.classList.length > 1) drawLine(line, drawn[place] || "", marks);
  });
  find("findings").replaceChildren(...found.map(writeFinding));
  const words = [];
  if (told.errors) words.push(count(told.errors, "error", "errors"));
  if (told.warnings) words.push(`${told.warnings} to look at again`);
  const said = words.join(", ") || "Nothing found: this text can be announced";
  if (find("count").textContent !== said) {
    find("count").textContent = said;
    find("heard").textContent = said;
  }
  find("tally").textContent = words[0] || "nothing found";
  find("tally").classList.toggle("bad", told.errors > 0);
  document.title = told.errors ? `(${count(told.errors, "error", "errors")}) ${title}` : title;
  find("more").hidden = !told.more;
  find("more").textContent = `And ${told.more} more. Mend these first.`;
  if (told.headings) showHeadings(told.headings);
}

function writeFinding(one) {
  const item = document.getElementById("finding").content.firstElementChild.cloneNode(true);
  item.className = `finding ${one.kind}`;
  for (const place of item.querySelectorAll("[data-slot]")) place.textContent = one[place.dataset.slot];
  const link = item.querySelector("a");
  link.href = `#L${one.line}`;
  Object.assign(link.dataset, { line: one.line, column: one.column, length: one.length });
  return item;
}

function showHeadings(headings) {
  const list = find("headings");
  const said = JSON.stringify(headings);
  if (list.dataset.said === said) return;
  list.dataset.said = said;
  list.replaceChildren(
    ...headings.map((heading) => {
      const item = document.createElement("li");
      item.className = `level-${heading.level}`;
      const link = document.createElement("a");
      link.href = `#L${heading.line}`;
      link.dataset.line = heading.line;
      link.textContent = heading.title;
      item.append(link);
      return item;
    }),
  );
}

function isTooLarge(text) {
  return text.length > largest || new Blob([text]).size > largest;
}

function refuseLarge() {
  const text = `the text is larger than ${largest.toLocaleString("en")} bytes, which a policy has at most`;
  const hint = "move what is not policy into documents; nothing of it was sent";
  const one = { kind: "bad", word: "Error", code: "P003", text, hint, line: 1, column: 1, length: 1, before: "", piece: "", after: "" };
  showFound({ findings: [one], errors: 1, warnings: 0, more: 0 });
}

function send(address, text, edition) {
  const headers = { "Content-Type": "text/plain; charset=utf-8", "X-CSRFToken": token };
  if (edition) headers["X-Edition"] = edition;
  return fetch(address, { method: "POST", body: text, headers, redirect: "manual" });
}

async function check() {
  const text = area.value;
  const mine = (asked += 1);
  if (isTooLarge(text)) {
    refuseLarge();
    return;
  }
  try {
    const answer = await send(form.dataset.check, text);
    const told = answer.ok ? await answer.json() : null; // where it is not, saving says why
    if (mine !== asked || text !== area.value) return;
    isUnchecked = !told;
    if (told) showFound(told);
    else sayUnchecked();
  } catch {
    isUnchecked = true; // no connection; it is asked again once something could be saved
    sayUnchecked();
  }
}

function sayUnchecked() {
  find("count").textContent = "Not checked: the server could not be asked";
  find("tally").textContent = "not checked";
}

// -- saving: by itself, never over what somebody else wrote, and in this browser until the server has it ----------------

function keepHere() {
  try {
    if (area.value === saved) localStorage.removeItem(slot);
    else localStorage.setItem(slot, JSON.stringify({ text: area.value, at: Date.now() }));
  } catch {
    // the browser keeps nothing, or is full: the page itself still has the text
  }
}

async function save() {
  if (isSaving || blocked || area.value === saved) return;
  const text = area.value;
  if (isTooLarge(text)) {
    say("Not saved: the text is too large.", true);
    return;
  }
  isSaving = true;
  try {
    const answer = await send(form.dataset.save, text, form.elements.edition.value);
    await take(answer, text);
  } catch {
    failAgain("Not saved: no connection. It is kept in this browser and tried again.");
  } finally {
    isSaving = false;
  }
}

async function take(answer, text) {
  if (answer.type === "opaqueredirect" || answer.status === 403) {
    await renew();
    return;
  }
  if (![200, 400, 409, 410].includes(answer.status)) {
    failAgain("Not saved: the server did not take it. It is kept in this browser and tried again.");
    return;
  }
  const told = await answer.json();
  if (answer.status === 200) settle(told, text);
  else if (answer.status === 400) {
    showFound(told);
    say(`Not saved: ${told.findings[0].text}.`, true);
  } else stop(told, answer.status === 409);
}

function settle(told, text) {
  failures = 0;
  saved = text;
  form.elements.edition.value = told.edition;
  find("out").hidden = true;
  keepHere();
  if (isUnchecked) check();
  const when = new Date(told.saved).toLocaleTimeString("en-GB");
  say(area.value === text ? `Saved at ${when}` : `Saved at ${when}, and more was typed since`);
  if (area.value !== text) later("save", SAVE_AFTER, save);
}

function stop(told, isOvertaken) {
  blocked = true;
  keepHere();
  if (isOvertaken) {
    const when = new Date(told.saved).toLocaleTimeString("en-GB");
    find("apart-title").textContent = told.is_self ? "You saved this draft in another window" : `${told.by} saved this draft`;
    find("apart-words").textContent = `At ${when}, while it was open here.`;
  } else {
    find("apart-title").textContent = "This draft is gone";
    find("apart-words").textContent = `${told.said}.`;
    find("apart-theirs").hidden = true;
  }
  find("apart").hidden = false;
  find("apart").scrollIntoView({ block: "nearest" });
  say("Not saved: see what stands above the text.", true);
}

function failAgain(words) {
  failures += 1;
  keepHere();
  say(words, true);
  later("save", Math.min(30_000, 1000 * 2 ** failures), save);
}

async function renew() {
  const answer = await fetch(form.dataset.state, { redirect: "manual" });
  if (answer.ok) {
    // signed in again, in another tab
    const told = await answer.json();
    const isNew = told.token !== token;
    token = form.elements.csrfmiddlewaretoken.value = told.token;
    if (isNew && failures < 3) {
      failures += 1;
      later("save", 0, save);
      return;
    }
  }
  failures += 1;
  keepHere();
  find("out").hidden = false;
  say("Not saved: you are signed out. It is kept in this browser.", true);
  later("save", 5000, save);
}

// -- typing, jumping, putting names in ----------------------------------------------------------------------------------

area.addEventListener("input", () => {
  drawText();
  if (!blocked && area.value !== saved) say("Not saved yet");
  later("keep", KEEP_AFTER, keepHere);
  later("check", CHECK_AFTER, check);
  if (!failures) later("save", SAVE_AFTER, save);
});
area.addEventListener("blur", () => {
  for (const line of mirror.querySelectorAll(".here")) line.classList.remove("here");
});

document.addEventListener("keydown", (event) => {
  if (event.key === "F8" && found.length) {
    event.preventDefault();
    at = (at + (event.shiftKey ? found.length - 1 : 1)) % found.length;
    const one = found[Math.max(at, 0)];
    goTo(one.line, one.column, one.length);
  } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    event.preventDefault();
    keepHere();
    if (area.value === saved) say("Everything is saved");
    else save();
  }
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-line]");
  if (link) {
    event.preventDefault();
    goTo(Number(link.dataset.line), Number(link.dataset.column || 1), Number(link.dataset.length || 0));
  }
  const name = event.target.closest("button[data-name]");
  if (name) put(name.dataset.name);
});

function put(words) {
  area.focus();
  // the one way that leaves it to the browser's own undo
  if (!document.execCommand("insertText", false, words)) {
    area.setRangeText(words, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input"));
  }
}

for (const code of document.querySelectorAll("code[data-insert]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "name-button";
  button.dataset.name = code.dataset.insert;
  button.append(...code.childNodes);
  code.append(button);
}
find("insert-hint").hidden = false;
find("find").hidden = false;

find("find").addEventListener("input", (event) => {
  const wanted = event.target.value.trim().toLowerCase();
  for (const group of document.querySelectorAll("[data-searched]")) {
    let isAny = false;
    for (const item of group.querySelectorAll("li")) {
      item.hidden = !item.textContent.toLowerCase().includes(wanted);
      isAny ||= !item.hidden;
    }
    group.hidden = !isAny;
    group.open = wanted !== "" && isAny;
    if (wanted) group.closest(".side-part").open = true;
  }
});
find("find").addEventListener("keydown", (event) => {
  if (event.key === "Enter") event.preventDefault(); // it would press the form's first button
});

// -- what an earlier page could not save --------------------------------------------------------------------------------

const leftSlot = `${slot}:left`; // a place of its own: what is typed now must not write over it

function readLeft() {
  try {
    const kept = localStorage.getItem(slot) || localStorage.getItem(leftSlot);
    return JSON.parse(kept || "null");
  } catch {
    return null;
  }
}

function dropLeft() {
  find("left").hidden = true;
  try {
    localStorage.removeItem(leftSlot);
  } catch {
    // there was none
  }
  keepHere();
}

const left = form.dataset.refused ? null : readLeft();
if (left && left.text !== area.value) {
  find("left-when").textContent = new Date(left.at).toLocaleString("en-GB");
  find("left").hidden = false;
  try {
    localStorage.setItem(leftSlot, JSON.stringify(left));
  } catch {
    // it stands where it stood
  }
} else if (left) dropLeft();

find("left-take").addEventListener("click", () => {
  area.focus();
  area.select();
  put(left.text);
  dropLeft();
});
find("left-drop").addEventListener("click", dropLeft);

addEventListener("online", () => save());
addEventListener("pagehide", keepHere);
form.addEventListener("submit", () => {
  keepHere();
  for (const timer of Object.values(timers)) clearTimeout(timer);
});
if (!form.dataset.refused) check();
