// A rep at the review page, in a real browser: signs in, sees a suggestion arrive, decides by
// keyboard, takes it back. `tests/run` gives the binary, whose demo is looked at; any other place
// where mail trickles in will do:
//
//   UNDERSIGNED_URL=http://127.0.0.1:8080 UNDERSIGNED_EMAIL=… UNDERSIGNED_PASSWORD=… npm test
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { chromium } from "playwright-core";
import { reviewPage } from "./demo.mjs";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** How long a suggestion may take to trickle in. */
const patience = 60_000;

let browser;
let review;
before(async () => {
  review = await reviewPage();
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
});
after(async () => {
  await browser?.close();
  await review?.end();
});

/** A signed-in page; whatever the browser complains about fails the test. */
async function signedIn(context, options = {}) {
  const opened = await browser.newContext({ baseURL: review.url, ...options });
  context.after(() => opened.close());
  const page = await opened.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    const isOurs = message.text().includes("status of 422"); // a form that was refused, as it should be
    if (message.type() === "error" && !isOurs) complaints.push(message.text());
  });
  context.after(() => assert.deepEqual(complaints, []));
  await page.goto("/sign-in");
  await page.fill("#email", review.email);
  await page.fill("#password", review.password);
  await page.click("button[type=submit]");
  await page.waitForURL("**/review");
  return page;
}

const open = async (page) => Number((await page.textContent("h1 .count")).match(/\d+/)[0]);
const noticed = (page, words) => page.locator("#notice", { hasText: words }).waitFor();
const focusedCard = (page) => page.evaluate(() => document.activeElement.closest(".card")?.id);
const violations = async (page) => {
  const { violations } = await page.evaluate(`${axe.source}; axe.run()`);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
};

test("a suggestion arrives while somebody looks, and takes nothing out of their hands", async (context) => {
  const page = await signedIn(context);
  await page.waitForSelector("#live.on");
  await page.waitForSelector(".card", { timeout: patience });
  const field = page.locator(".own input[type=text]").first();
  await field.fill("half typed");
  const before = await open(page);
  const known = await page.locator(".card").evaluateAll((cards) => cards.map((card) => card.id));
  await page.waitForFunction(
    (known) => [...document.querySelectorAll(".card")].some((card) => !known.includes(card.id)),
    known, { timeout: patience });
  assert.ok(await open(page) > before, "the count grows");
  assert.match(await page.textContent("#announce"), /new suggestion/i);
  const typed = page.locator("input:focus");
  assert.equal(await typed.inputValue(), "half typed", "focus and text stay");
});

test("a rep accepts field by field with the keyboard alone, and undoes it", async (context) => {
  const page = await signedIn(context);
  await page.waitForSelector(".card", { timeout: patience });
  await page.keyboard.press("j");
  const id = await focusedCard(page);
  assert.ok(id, "j selects a card");
  const card = page.locator(`#${id}`);
  const name = await card.getAttribute("data-name");
  const boxes = card.locator("input[name=take]");
  const all = await boxes.count();
  assert.ok(all >= 2, "there are values to choose from");
  // To the last box by Tab alone.
  for (let step = 0; step < 200; step += 1) {
    await page.keyboard.press("Tab");
    if (await boxes.nth(all - 1).evaluate((box) => box === document.activeElement)) break;
  }
  await page.keyboard.press("Space");
  assert.equal(await boxes.nth(all - 1).isChecked(), false);
  assert.match(await card.locator("button[value=accept]").innerText(), new RegExp(`${all - 1} of ${all}`));
  await page.keyboard.press("a");
  await card.waitFor({ state: "detached" });
  await noticed(page, "Accepted");
  assert.ok((await page.textContent("#notice")).includes(name));
  await page.keyboard.press("u");
  await card.waitFor({ state: "attached" });
  assert.equal(await focusedCard(page), id, "what was undone is at hand again");
  await page.keyboard.press("d");
  await card.waitFor({ state: "detached" });
  await noticed(page, "Dismissed");
  await page.click("#notice button");
  await card.waitFor({ state: "attached" });
});

test("several are selected, looked at, accepted and taken back with the keyboard alone", async (context) => {
  const page = await signedIn(context);
  await page.waitForSelector(".card:not(:has(.light.possible)) ~ .card:not(:has(.light.possible))", { timeout: patience });
  const sure = page.locator(".card:not(:has(.light.possible))");
  const ids = [await sure.nth(0).getAttribute("id"), await sure.nth(1).getAttribute("id")];
  for (const id of ids) {
    await page.locator(`#${id}`).focus();
    await page.keyboard.press("x");
    assert.ok(await page.locator(`#${id} input.select`).isChecked());
  }
  await page.keyboard.press("a");
  assert.match(await page.textContent("#several-title"), /Accept 2 suggestions/);
  assert.equal(await page.locator("#several-list > li").count(), 2);
  const first = await page.locator(`#${ids[0]} tr.differs .text`).first().textContent();
  assert.ok((await page.textContent("#several-list")).includes(`: ${first}`), "what it takes is told value by value");
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Escape");
  for (const id of ids) assert.ok(await page.locator(`#${id}`).count(), "a preview accepts nothing");
  await page.keyboard.press("a");
  await page.keyboard.press("Enter");
  for (const id of ids) await page.locator(`#${id}`).waitFor({ state: "detached" });
  await noticed(page, "2 suggestions accepted");
  await page.keyboard.press("u");
  for (const id of ids) await page.locator(`#${id}`).waitFor({ state: "attached" });
  await noticed(page, "2 decisions taken back");
});

test("the keys are explained, and do nothing while somebody types", async (context) => {
  const page = await signedIn(context);
  await page.waitForSelector(".card", { timeout: patience });
  await page.keyboard.press("?");
  assert.ok(await page.locator("#help").evaluate((help) => help.open));
  await page.keyboard.press("Escape");
  const first = page.locator(".card").first();
  const id = await first.getAttribute("id");
  const field = first.locator(".own input[type=text]").first();
  await field.focus();
  await page.keyboard.type("dad");
  assert.equal(await field.inputValue(), "dad");
  assert.ok(await page.locator(`#${id}`).count(), "the card is still there");
});

test("what cannot be right is said, and nothing typed is lost", async (context) => {
  const page = await signedIn(context);
  const card = page.locator(".card", { has: page.locator("input[name='typed:phones/1']") }).first();
  await card.waitFor({ timeout: patience });
  const id = await card.getAttribute("id");
  await page.locator(`#${id} input[name='typed:phones/1']`).fill("call me");
  await page.locator(`#${id} button[value=accept]`).click();
  await page.waitForSelector(`#${id} [role=alert]`);
  assert.equal(await page.locator(`#${id} input[name='typed:phones/1']`).inputValue(), "call me");
});

test("it works without scripts", async (context) => {
  const page = await signedIn(context, { javaScriptEnabled: false });
  const before = await open(page);
  await page.locator(".card button[value=dismiss]").first().click();
  await page.waitForURL(/done=/);
  await noticed(page, "Dismissed");
  await page.click("#notice button");
  await page.waitForURL(/done=/);
  assert.ok(await open(page) >= before);
});

for (const [name, options] of Object.entries({
  "a desk": { viewport: { width: 1280, height: 900 } },
  "a phone": { viewport: { width: 375, height: 740 }, isMobile: true, hasTouch: true },
  "a desk in the dark": { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
})) {
  test(`it is accessible on ${name}`, async (context) => {
    const page = await signedIn(context, { reducedMotion: "reduce", ...options });
    await page.waitForSelector(".card", { timeout: patience });
    assert.deepEqual(await violations(page), []);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `nothing is cut off at the side: ${wide}px`);
    await page.locator("#decided button, #keys").first().waitFor({ state: "attached" });
    const signIn = await browser.newContext({ baseURL: review.url, ...options });
    context.after(() => signIn.close());
    const outside = await signIn.newPage();
    await outside.goto("/sign-in");
    assert.deepEqual(await violations(outside), []);
  });
}
