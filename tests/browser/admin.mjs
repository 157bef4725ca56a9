// An admin in a real browser, at a daemon of their own, and what is looked for on every page.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import axe from "axe-core";
import { chromium } from "playwright-core";
import { startDaemon } from "./daemon.mjs";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

let browser;
let daemon;

/**
 * Starts a daemon and a browser before the tests of a file and ends them after. `env` gives more of the daemon's
 * environment; `prepare` runs when its API answers.
 */
export function withDaemon(env = async () => ({}), prepare = async () => {}) {
  before(async () => {
    daemon = await startDaemon(await env());
    await prepare();
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  });
  after(async () => {
    await browser?.close();
    await daemon?.end();
  });
}

/** The API of the daemon, as a program of the tenant asks it. */
export const api = (method, path, body) => daemon.api(method, path, body);

/** Reads one letter into the tenant's list, as an admin imports mail. */
export function deliver(letter) {
  const letters = join(daemon.dir, "letters");
  mkdirSync(letters, { recursive: true });
  writeFileSync(join(letters, "1.eml"), letter.replaceAll("\n", "\r\n"));
  daemon.run(["import", "--tenant", "Kugellager", letters]);
}

/** A page at `path` of an admin who is signed in; whatever a script of ours stumbles over fails the test. */
export async function adminAt(context, path, options = {}) {
  const opened = await browser.newContext({ baseURL: daemon.url, reducedMotion: "reduce", ...options });
  context.after(() => opened.close());
  const page = await opened.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  context.after(() => assert.deepEqual(complaints, []));
  await page.goto("/sign-in");
  await page.fill("#email", daemon.email);
  await page.fill("#password", daemon.password);
  await page.click("button[type=submit]");
  await page.waitForURL("**/review");
  await page.goto(path);
  return page;
}

/** What axe finds, and what does not fit the width. */
export async function faults(page) {
  const { violations } = await page.evaluate(`${axe.source}; axe.run()`);
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  return wide > 0 ? [...found, `${wide}px are cut off at the side`] : found;
}

/** Presses Tab until a control has the focus. */
export async function tabTo(page, locator) {
  for (let step = 0; step < 300; step += 1) {
    if (await locator.evaluate((control) => control === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail("the keyboard does not get there");
}

/** Keeps what a page looks like, where somebody asks for it. */
export async function shot(page, name) {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: true });
}

/** Where people look at a page. */
export const SCREENS = {
  "a desk": { viewport: { width: 1280, height: 900 } },
  "a phone": { viewport: { width: 375, height: 740 }, isMobile: true, hasTouch: true },
  "a desk in the dark": { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
};
