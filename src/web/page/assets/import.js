// Makes the import live: a file is looked at as soon as it is chosen, and again when somebody says what
// a column holds; an import tells how far it is. Without this file the page works by its form alone.

const byId = (id) => document.getElementById(id);
const form = byId("import");
const file = byId("file");
const lines = "application/x-ndjson";

const announce = (text) => { byId("announce").textContent = text; };
const isSignIn = (response) => new URL(response.url).pathname === "/sign-in";
const gone = "The file could not be sent. If it was changed since you chose it, choose it again; else try again.";

function fail(text) {
  const failure = document.createElement("p");
  failure.className = "failure";
  failure.id = "failure";
  failure.setAttribute("role", "alert");
  failure.textContent = text;
  byId("failing").replaceChildren(failure);
}

/** Puts a newer page in place piece by piece; the pieces in `kept` stay as they are. */
function swap(html, kept = []) {
  const next = new DOMParser().parseFromString(html, "text/html");
  if (!next.getElementById("import")) {
    fail(next.querySelector("h1 + p")?.textContent ?? "That did not work; reload the page and try again.");
    return;
  }
  for (const part of next.querySelectorAll("[data-swap]")) {
    if (!kept.includes(part.id)) byId(part.id).replaceChildren(...part.childNodes);
  }
}

/** Sends the form with its file. */
function send(what, signal) {
  const body = new FormData(form);
  body.set("do", what);
  return fetch(form.action, { method: "POST", body, signal, headers: { accept: `text/html, ${lines}` } });
}

// --- Looking ---------------------------------------------------------------------------------

let looking;

/** Shows what would come in; `kept` is what stays of the page. */
async function look(kept) {
  looking?.abort();
  looking = new AbortController();
  const { signal } = looking;
  byId("outlook").setAttribute("aria-busy", "true");
  announce("Looking at the file.");
  try {
    const response = await send("look", signal);
    if (isSignIn(response)) { location.assign("/sign-in"); return; }
    swap(await response.text(), kept);
    if (byId("told")) announce(byId("told").textContent);
  } catch {
    if (!signal.aborted) fail(gone);
  } finally {
    if (!signal.aborted) byId("outlook").removeAttribute("aria-busy");
  }
}

/** That a file is the whole CRM is said of that file: of another one it would have everybody forgotten. */
function sayNotWhole() {
  form.elements.whole.checked = false;
}

file.addEventListener("change", () => {
  sayNotWhole();
  for (const id of ["failing", "columns", "outlook"]) byId(id).replaceChildren();
  const [chosen] = file.files;
  if (!chosen) return;
  if (chosen.size > Number(form.dataset.max)) {
    fail("This file is larger than 64 MiB; split it, or import it with undersigned crm import.");
    return;
  }
  look([]);
});

let changed;
byId("columns").addEventListener("change", () => {
  clearTimeout(changed);
  changed = setTimeout(() => look(["columns"]), 300);
});

// --- Importing -------------------------------------------------------------------------------

/** Stops the import that runs. */
let importing;
const number = new Intl.NumberFormat("en");

function tellProgress(done, all) {
  const bar = byId("bar");
  byId("bar-label").textContent = done ? "Importing" : "Sending the file";
  byId("far").textContent = done ? `${number.format(done)} of ${number.format(Math.max(done, all))} contacts` : "";
  if (!done) { bar.removeAttribute("value"); return; }
  const quarter = Math.floor((4 * done) / all);
  if (quarter > Math.floor((4 * bar.value) / all)) announce(byId("far").textContent);
  bar.max = all;
  bar.value = Math.min(done, all);
}

/** While it runs, nobody changes the form. */
function lock(on) {
  byId("progress").hidden = !on;
  for (const control of form.elements) {
    if (control.type !== "hidden" && control.id !== "stop") control.disabled = on;
  }
}

/** Gives `tell` each line of an answer as it comes. */
async function eachLine(body, tell) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const pieces = (rest + value).split("\n");
    rest = pieces.pop();
    for (const piece of pieces) tell(JSON.parse(piece));
  }
}

async function run() {
  clearTimeout(changed);
  looking?.abort();
  const all = Number(byId("outcome").dataset.count);
  importing = new AbortController();
  const sent = send("import", importing.signal); // before it is locked: what is disabled is not sent
  lock(true);
  tellProgress(0, all);
  byId("failing").replaceChildren();
  byId("stop").focus();
  announce("Importing.");
  let done = 0;
  let last = {};
  try {
    const response = await sent;
    if (isSignIn(response)) { importing = undefined; location.assign("/sign-in"); return; }
    if (response.headers.get("content-type") === lines) {
      await eachLine(response.body, (line) => {
        if (line.done) tellProgress(done = line.done, all);
        else last = line;
      });
    } else last = { page: await response.text() };
  } catch { /* stopped, or no connection: there is no last line */ }
  const { aborted } = importing.signal;
  importing = undefined;
  lock(false);
  finish(last, aborted ? "Stopped" : "The connection was lost", done);
}

/** Says what came of it: what the server says in the end, else how far it was known to be. */
function finish(last, why, done) {
  if (last.page) {
    swap(last.page, ["columns"]);
    if (!byId("failure")) sayNotWhole();
    if (byId("told")) announce(byId("told").textContent);
    (byId("outcome") ?? file).focus();
    return;
  }
  const far = done ? `${number.format(done)} contacts came in and stay` : "what came in stays";
  fail(last.failure ?? `${why}: ${far}. Import the file again to go on; nobody is there twice then.`);
  byId("go").focus();
}

byId("stop").addEventListener("click", () => importing?.abort());
addEventListener("beforeunload", (event) => { if (importing) event.preventDefault(); });

form.addEventListener("submit", (event) => {
  if (event.submitter?.value === "left-out") return; // a download: the page stays
  event.preventDefault();
  if (event.submitter?.value === "import") run();
  else look(byId("columns").childElementCount ? ["columns"] : []);
});

// A browser that came back to the page may still have the file.
if (file.files.length && !byId("told")) look([]);
