// An admin at the page of imports, in a real browser: chooses a file, says what a column holds, sees how
// far the import is, stops one, takes back what was left out.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { SCREENS, adminAt, faults, shot, withDaemon } from "./admin.mjs";

const csv = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
const few = csv("few.csv", "Name;Handynr.;E-Mail\nAnna Müller;0170 1234567;anna@a.example\nBen Berg;;at home\n");
const many = csv("many.csv", `Name,E-mail\n${Array.from({ length: 4000 }, (_, row) => `Eva Person${row},eva${row}@a.example\n`).join("")}`);

withDaemon();

/** By the way that people take. */
async function atTheImport(context, options) {
  const page = await adminAt(context, "/mailboxes", options);
  await page.getByRole("link", { name: "Import", exact: true }).click();
  await page.waitForURL("**/import");
  return page;
}

async function choose(page, file) {
  await page.getByLabel("File", { exact: true }).setInputFiles(file);
  await page.waitForSelector("#told");
}

const announced = (page, words) =>
  page.waitForFunction((words) => document.getElementById("announce").textContent.includes(words), words);

test("a file is looked at, a column is said by keyboard, and the contacts come in", async (context) => {
  const page = await atTheImport(context);
  assert.deepEqual(await faults(page), []);
  await choose(page, few);
  await announced(page, "2 contacts come in; 0 rows are left out, and 1 single value.");
  assert.deepEqual(await faults(page), []);
  await page.getByText("1 column left out").click();
  const column = page.getByLabel("Handynr.");
  assert.equal(await column.inputValue(), "");
  await column.focus();
  await page.keyboard.type("Mob");
  await page.waitForFunction(() => document.querySelector(".people").textContent.includes("+49 170 1234567"));
  assert.ok(await column.evaluate((it) => it === document.activeElement), "the focus stays");
  await page.getByRole("button", { name: "Import 2 contacts" }).focus();
  await page.keyboard.press("Enter");
  await announced(page, "2 new, 0 known before and brought up to date; 0 rows left out, and 1 single value.");
  assert.ok(await page.locator("#outcome").evaluate((it) => it === document.activeElement), "what came of it has the focus");
  assert.match(await page.textContent("#known"), /2 known/);
  assert.deepEqual(await faults(page), []);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download what is left out" }).click();
  const file = await readFile(await (await download).path(), "utf8");
  assert.match(file, /3,column 3 \(E-mail\) could not be read and is left out,Ben Berg,,at home/);
  assert.match(await page.textContent("#outcome"), /Imported/, "the page stays");
});

test("a long import tells how far it is, and can be stopped", async (context) => {
  const page = await atTheImport(context);
  await choose(page, many);
  await page.getByRole("button", { name: "Import 4,000 contacts" }).click();
  await page.waitForFunction(() => /^[\d,]+ of 4,000 contacts$/.test(document.getElementById("far").textContent));
  assert.ok(await page.getByRole("progressbar", { name: "Importing" }).isVisible());
  assert.ok(await page.getByRole("button", { name: "Stop" }).evaluate((it) => it === document.activeElement));
  await page.keyboard.press("Enter");
  await page.waitForSelector("#failure");
  assert.match(await page.textContent("#failure"), /^Stopped: [\d,]+ contacts came in and stay/);
  await page.getByRole("button", { name: "Import 4,000 contacts" }).click();
  await page.waitForFunction(() => /^[\d,]+ of 4,000 contacts$/.test(document.getElementById("far").textContent));
  assert.deepEqual(await faults(page), []);
  await page.waitForFunction(() => document.getElementById("outcome").textContent === "Imported", null, { timeout: 60_000 });
  const [, made, again] = (await page.textContent("#told")).match(/^([\d,]+) new, ([\d,]+) known/).map((it) => Number(it.replace(",", "")));
  assert.ok(again >= 500 && made + again === 4000, `${made} and ${again}`);
});

test("that a file is the whole CRM is said of no other file", async (context) => {
  const page = await atTheImport(context);
  const whole = page.getByLabel("This file is the whole CRM");
  await choose(page, few);
  await whole.check();
  await page.getByRole("button", { name: "Import 2 contacts" }).click();
  await page.waitForFunction(() => document.getElementById("outcome").textContent === "Imported");
  assert.ok(!(await whole.isChecked()), "it is said of the file that came in");
  await choose(page, few);
  await whole.check();
  await choose(page, many);
  assert.ok(!(await whole.isChecked()), "it is said of the file before");
});

test("what is wrong with a file is said, and another one can be chosen", async (context) => {
  const page = await atTheImport(context);
  await page.getByLabel("File", { exact: true }).setInputFiles(csv("other.csv", "%PDF-1.7"));
  assert.match(await page.textContent("#failure"), /neither CSV nor an Excel workbook/);
  assert.deepEqual(await faults(page), []);
  await page.getByLabel("File", { exact: true }).setInputFiles(csv("foreign.csv", "Nombre;Correo\nAna;ana@a.example\n"));
  await page.getByLabel("Correo").selectOption("E-mail");
  await page.waitForSelector("#told");
  assert.match(await page.textContent("#told"), /1 contact comes in/);
  assert.deepEqual(await faults(page), []);
  await page.evaluate(() => { document.getElementById("import").dataset.max = "10"; });
  await page.getByLabel("File", { exact: true }).setInputFiles(few);
  assert.match(await page.textContent("#failure"), /larger than 64 MiB/);
  await page.evaluate(() => { document.getElementById("import").dataset.max = "1000"; });
  await page.getByLabel("File", { exact: true }).setInputFiles([]);
  await choose(page, few);
  assert.equal(await page.locator("#failure").count(), 0);
});

test("it works without scripts", async (context) => {
  const page = await atTheImport(context, { javaScriptEnabled: false });
  for (const [button, said] of [["Look at it", /contacts come in/], ["Import 2 contacts", /known before/]]) {
    await page.getByLabel("File", { exact: true }).setInputFiles(few);
    await page.getByRole("button", { name: button }).click();
    await page.getByText(said).waitFor();
  }
});

for (const [name, options] of Object.entries(SCREENS)) {
  test(`the pages of imports, policies and the CRM are accessible on ${name}`, async (context) => {
    const page = await atTheImport(context, options);
    await choose(page, few);
    assert.deepEqual(await faults(page), []);
    await shot(page, `import ${name}`);
    for (const path of ["/policies", "/connect/crm", "/connect/crm?kind=carddav"]) {
      await page.goto(path);
      assert.deepEqual(await faults(page), [], path);
    }
  });
}
