// Makes the review live: changes come by themselves, forms are sent without leaving the page, and
// keys decide. Without this file the page works by links and forms alone.
//
// The server renders everything. What changed is fetched as the same page and put in place piece
// by piece, so that nobody loses the focus or what they are typing.

const byId = (id) => document.getElementById(id);
const cards = byId("cards");
const live = byId("live");

// --- Times -----------------------------------------------------------------------------------

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

function tellTimes(root = document) {
  for (const time of root.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    const minutes = Math.floor((Date.now() - at) / 60000);
    time.title = exact.format(at);
    if (minutes < 1) time.textContent = "just now";
    else if (minutes < 60) time.textContent = `${minutes} min ago`;
    else if (minutes < 1440) time.textContent = `${Math.floor(minutes / 60)} h ago`;
    else time.textContent = day.format(at);
  }
}

// --- Cards -----------------------------------------------------------------------------------

const isTyping = (element) => element?.matches("input:not([type=checkbox]), textarea, select");

/** The box by which a card is selected, to be accepted with others. */
const selection = (card) => card?.querySelector("input.select");
const selected = () => [...cards.children].filter((card) => selection(card)?.checked);

/** Whether somebody is at work in a card, so that it must not be swapped under their hands. */
function isTouched(card) {
  if (isTyping(document.activeElement) && card.contains(document.activeElement)) return true;
  return [...card.querySelectorAll("input, select")].some((input) => {
    if (input.type === "checkbox") return input.checked !== input.defaultChecked;
    if (input.options) return input.selectedIndex !== Math.max(0, [...input.options].findIndex((it) => it.defaultSelected));
    return input.value !== input.defaultValue;
  });
}

/** Says on the button what will be taken, and offers all where that is less. */
function tellChosen(card) {
  const boxes = [...card.querySelectorAll("input[name=take]")];
  const ticked = boxes.filter((box) => box.checked).length;
  const chosen = card.querySelector(".chosen");
  const all = card.querySelector(".all");
  if (!chosen) return;
  chosen.textContent = boxes.length < 2 || ticked === boxes.length ? "" : ` ${ticked} of ${boxes.length}`;
  all.hidden = ticked === boxes.length;
}

function dress(card) {
  tellTimes(card);
  const box = selection(card);
  if (box) box.closest("label").hidden = false;
  tellChosen(card);
}

function leaveNote(card, text) {
  if (card.querySelector(".elsewhere")) return;
  const note = document.createElement("p");
  note.className = "elsewhere";
  note.setAttribute("role", "status");
  note.textContent = text;
  card.querySelector("footer").before(note);
}

// --- Putting a newer page in place -----------------------------------------------------------

const shown = new Map();
for (const part of document.querySelectorAll("[data-swap]")) shown.set(part.id, part.innerHTML);

function swapParts(next, decided) {
  for (const part of next.querySelectorAll("[data-swap]")) {
    // What this page decided last stays said, and can be undone, until it decides again.
    if (part.id === "notice" && !decided) continue;
    const old = byId(part.id);
    if (!old || shown.get(part.id) === part.innerHTML) continue;
    shown.set(part.id, part.innerHTML);
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const form = focused?.form?.getAttribute("action");
    const href = focused?.getAttribute("href");
    old.replaceChildren(...part.childNodes);
    tellTimes(old);
    if (form) old.querySelector(`form[action="${form}"] button`)?.focus();
    if (href) old.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus();
  }
}

/** Brings the cards in line with a newer page; `decided` is the one this page decided itself. */
function swapCards(next, decided) {
  const wanted = [...next.querySelectorAll(".card")];
  const ids = new Set(wanted.map((card) => card.id));
  for (const card of [...cards.children]) {
    if (ids.has(card.id)) continue;
    if (card.id !== decided && isTouched(card)) leaveNote(card, "Decided meanwhile by somebody else.");
    else card.remove();
  }
  const added = [];
  let before = null;
  for (const card of wanted) {
    const old = byId(card.id);
    let placed = old;
    if (!old) {
      placed = card;
      card.classList.add("fresh");
      added.push(card.dataset.name);
      before ? before.after(card) : cards.prepend(card);
    } else if (card.id === decided || old.dataset.version !== card.dataset.version) {
      if (card.id !== decided && isTouched(old)) {
        leaveNote(old, "A newer signature came; reload to see it.");
      } else {
        const hadFocus = old.contains(document.activeElement);
        old.replaceWith(card);
        placed = card;
        if (hadFocus) card.focus({ preventScroll: true });
      }
    }
    dress(placed);
    before = placed;
  }
  return added;
}

function merge(html, decided) {
  const next = new DOMParser().parseFromString(html, "text/html");
  if (!next.getElementById("cards")) return false;
  document.title = next.title;
  swapParts(next, decided);
  const added = swapCards(next, decided);
  if (added.length === 1) announce(`New suggestion: ${added[0]}`);
  else if (added.length > 1) announce(`${added.length} new suggestions`);
  return true;
}

function announce(text) {
  byId("announce").textContent = text;
}

let toastTimer;
function complain(text) {
  const toast = byId("toast");
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { toast.hidden = true; }, 8000);
}

const isSignIn = (response) => new URL(response.url).pathname === "/sign-in";

let fetching = false;
let again = false;
let decisions = 0;
async function refresh() {
  if (fetching) { again = true; return; }
  fetching = true;
  const before = decisions;
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" } });
    if (isSignIn(response)) { location.assign("/sign-in"); return; }
    const html = await response.text();
    // A page from before a decision would bring back what was decided.
    if (before !== decisions) again = true;
    else if (response.ok) merge(html);
  } catch { /* the connection to /events tells that we are not live */ } finally {
    fetching = false;
    if (again) { again = false; refresh(); }
  }
}

// --- Deciding --------------------------------------------------------------------------------

const neighbour = (card) => card?.nextElementSibling ?? card?.previousElementSibling;

async function send(form, submitter) {
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  submitter?.setAttribute("aria-disabled", "true");
  const card = form.closest(".card");
  const then = neighbour(card)?.id;
  const hadFocus = !card || card.contains(document.activeElement);
  try {
    const body = new URLSearchParams(new FormData(form, submitter));
    const response = await fetch(form.action, { method: "POST", body, headers: { accept: "text/html" } });
    if (isSignIn(response)) { location.assign("/sign-in"); return; }
    const html = await response.text();
    decisions += 1;
    const onFirst = !new URLSearchParams(location.search).has("before");
    const id = `s-${form.action.split("/").pop()}`;
    if (!response.ok) {
      if (!merge(html, card?.id)) { tellProblem(html); return; }
      byId(id)?.querySelector("input, button")?.focus();
      return;
    }
    if (onFirst) merge(html, id);
    else { tellDecision(html); await refresh(); }
    if (submitter?.value === "undo") byId(id)?.focus();
    else if (hadFocus) (byId(then) ?? byId("open")).focus();
    announce(`${byId("notice").querySelector("p")?.textContent.trim() ?? "Open again"}.`);
  } catch {
    complain("No connection to the server. Nothing was changed; try again.");
  } finally {
    delete form.dataset.busy;
    submitter?.removeAttribute("aria-disabled");
  }
}

// --- Deciding about several ------------------------------------------------------------------

/** Absent where the tenant does not let this user accept. */
const several = byId("several");
const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;
/** Who is only possibly known is looked at and decided alone. */
const isSure = (card) => !card.querySelector(".light.possible");

function select(which, on) {
  for (const card of which) if (selection(card)) selection(card).checked = on;
  announce(`${selected().length} selected`);
}

/** What accepting takes of a row of a card: the field, its new value, and what becomes of the known one. */
function taking(row) {
  const label = row.querySelector("th").firstChild.textContent.trim();
  const typed = [...row.querySelectorAll("input[name^='typed:']")].map((input) => input.value.trim());
  const value = typed.filter(Boolean).join(", ") || row.querySelector(".text").textContent;
  const place = row.querySelector("select[name^='instead:']");
  const known = row.querySelector(".mark")?.textContent === "differs" && row.querySelector(".known").textContent.trim();
  const former = place ? place.value : known;
  return `${label}: ${value}${former ? ` in place of ${former}` : ""}`;
}

/** Shows what accepting the selected cards would take; nothing is sent before that is confirmed. */
function preview() {
  const sure = selected().filter(isSure);
  const left = selected().length - sure.length;
  const lines = sure.map((card) => {
    const line = document.createElement("li");
    line.textContent = card.dataset.name;
    const values = document.createElement("ul");
    for (const taken of card.querySelectorAll("input[name=take]:checked")) {
      const value = document.createElement("li");
      value.textContent = taking(taken.closest("tr"));
      values.append(value);
    }
    line.append(values.childElementCount ? values : ": nothing is ticked");
    return line;
  });
  byId("several-title").textContent = `Accept ${plural(sure.length, "suggestion", "suggestions")}?`;
  byId("several-left").textContent =
    left ? `${plural(left, "is", "are")} left out: only maybe known, to be decided alone.` : "";
  byId("several-list").replaceChildren(...lines);
  byId("several-accept").disabled = !sure.length;
  several.returnValue = "";
  several.showModal();
}

/** Sends one form after the other, each a decision of its own; answers how many went well. */
async function sendAll(forms) {
  const done = [];
  for (const [action, body] of forms) {
    try {
      const response = await fetch(action, { method: "POST", body, headers: { accept: "text/html" } });
      if (isSignIn(response)) { location.assign("/sign-in"); return done; }
      decisions += 1;
      if (response.ok) done.push(action);
    } catch { break; }
  }
  return done;
}

async function acceptSelected() {
  const chosen = selected().filter(isSure).map((card) => card.querySelector("form"));
  const forms = chosen.map((form) =>
    [form.action, new URLSearchParams(new FormData(form, form.querySelector("button[value=accept]")))]);
  // What is no longer selected may leave the page as soon as it is decided.
  select(selected(), false);
  const done = await sendAll(forms);
  tellSeveral(plural(done.length, "suggestion accepted", "suggestions accepted"), forms.length - done.length, done);
  await refresh();
  (cards.firstElementChild ?? byId("open")).focus();
}

/** Says what became of several, with a way back; what was accepted last is taken back first. */
function tellSeveral(text, failed, done) {
  const said = failed ? `${text}, ${failed} not: look at them again` : text;
  const notice = document.createElement("div");
  notice.className = "notice";
  const line = document.createElement("p");
  line.textContent = said;
  notice.append(line);
  if (done.length) {
    const undo = document.createElement("button");
    undo.textContent = `Undo all ${done.length}`;
    undo.addEventListener("click", async () => {
      undo.disabled = true;
      const csrf = document.querySelector("input[name=csrf]").value;
      const list = live.dataset.list;
      const back = await sendAll(done.toReversed().map((action) =>
        [action, new URLSearchParams({ csrf, list, decision: "undo" })]));
      tellSeveral(plural(back.length, "decision taken back", "decisions taken back"), done.length - back.length, []);
      await refresh();
      (cards.firstElementChild ?? byId("open")).focus();
    });
    notice.append(undo);
  }
  byId("notice").replaceChildren(notice);
  announce(`${said}.`);
}

several?.addEventListener("close", () => {
  if (several.returnValue === "accept") acceptSelected();
});

/** Says what was decided on a later page of the list, whose cards come with a refresh. */
function tellDecision(html) {
  const next = new DOMParser().parseFromString(html, "text/html").getElementById("notice");
  if (next) byId("notice").replaceChildren(...next.childNodes);
}

function tellProblem(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  complain(page.querySelector("h1 + p")?.textContent ?? "That did not work; reload the page and try again.");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.getAttribute("action")?.startsWith("/review/")) return;
  event.preventDefault();
  send(form, event.submitter);
});

document.addEventListener("input", (event) => {
  const card = event.target.closest(".card");
  if (!card) return;
  if (isTyping(event.target)) {
    const box = event.target.closest("tr")?.querySelector("input[name=take]");
    if (box && event.target.value) box.checked = true;
  }
  tellChosen(card);
});

// --- Keys ------------------------------------------------------------------------------------

const current = () => document.activeElement?.closest?.(".card");

function move(by) {
  const all = [...cards.children];
  const at = all.indexOf(current());
  const next = at < 0 ? all[0] : all[Math.min(all.length - 1, Math.max(0, at + by))];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

function press(selector) {
  const card = current();
  if (card) card.querySelector(selector)?.click();
  else move(1);
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  x: () => (current() ? select([current()], !selection(current())?.checked) : move(1)),
  X: () => select([...cards.children], selected().length < cards.querySelectorAll("input.select").length),
  a: () => (selected().length ? preview() : press("button[value=accept]")),
  d: () => press("button[value=dismiss]"),
  u: () => document.querySelector("#notice button, #decided .yours button")?.click(),
  "?": () => byId("help").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.closest(".card")?.focus();
    return;
  }
  if (byId("help").open || several?.open || !Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
});

// --- Live ------------------------------------------------------------------------------------

let source;
function listen() {
  source?.close();
  source = new EventSource(`/events?list=${encodeURIComponent(live.dataset.list)}`);
  source.addEventListener("open", () => tellLive(true));
  source.addEventListener("change", refresh);
  source.addEventListener("error", () => {
    tellLive(false);
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(() => { refresh(); listen(); }, 15000);
  });
}

function tellLive(isLive) {
  live.classList.toggle("on", isLive);
  const text = isLive ? "live" : "not live; connecting again …";
  if (live.textContent !== text) live.textContent = text;
}

for (const card of cards.children) dress(card);
tellTimes();
setInterval(tellTimes, 30000);
byId("keys").hidden = false;
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", (event) => { if (event.persisted) { refresh(); listen(); } });
listen();
