// An admin at the page of mailboxes, in a real browser: connects one by typing its address, ticks its
// folders by keyboard, sets the webhook. A Dovecot of tests/servers is the mail server.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { SCREENS, adminAt, faults, shot, tabTo, withDaemon } from "./admin.mjs";
import { doveadm, imap } from "./daemon.mjs";

const address = `rep-${process.pid}-${Date.now()}@kugellager.test`;

withDaemon();
before(() => {
  for (const folder of ["Anfragen", "Kunden", "Kunden/R&D", "Papierkorb"]) {
    doveadm("mailbox", "create", "-u", address, folder);
  }
});

test("a mailbox is connected by its address, by keyboard alone", async (context) => {
  const page = await adminAt(context, "/mailboxes");
  await tabTo(page, page.locator("#address"));
  await page.keyboard.type(address);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#host");
  assert.deepEqual(await faults(page), []);
  const { port, password } = imap();
  for (const [id, text] of [["host", "localhost"], ["port", port], ["password", password]]) {
    const field = page.locator(`#${id}`);
    await tabTo(page, field);
    await field.selectText();
    await page.keyboard.type(text);
  }
  await page.keyboard.press("Enter");
  await page.waitForURL("**/mailboxes");
  assert.match(await page.textContent("#mailboxes"), new RegExp(address));
});

test("its folders are ticked by keyboard, and those where no mail comes in cannot be", async (context) => {
  const page = await adminAt(context, "/mailboxes");
  await page.getByRole("link", { name: `Folders of ${address}` }).click();
  await page.waitForURL("**/folders");
  assert.deepEqual(await faults(page), []);
  const box = (name) => page.getByRole("checkbox", { name, exact: true });
  assert.ok(await page.getByRole("group", { name: "Read the mail that comes in to" }).isVisible());
  assert.ok(await box("INBOX").isChecked() && await box("INBOX").isDisabled());
  for (const special of ["Sent", "Drafts", "Papierkorb"]) {
    assert.ok(await box(special).isDisabled() && !await box(special).isChecked(), special);
    const why = await box(special).evaluate((it) => document.getElementById(it.getAttribute("aria-describedby")).textContent);
    assert.match(why, /never read/);
  }
  for (const folder of ["Anfragen", "Kunden/R&D"]) {
    await tabTo(page, box(folder));
    await page.keyboard.press("Space");
  }
  await tabTo(page, page.getByRole("button", { name: "Save" }));
  await page.keyboard.press("Enter");
  await page.waitForURL("**/mailboxes");
  await page.getByRole("link", { name: `Folders of ${address}` }).click();
  for (const [folder, ticked] of [["Anfragen", true], ["Kunden", false], ["Kunden/R&D", true]]) {
    assert.equal(await box(folder).isChecked(), ticked, folder);
  }
});

test("a folder that is gone is said, and nothing ticked is lost", async (context) => {
  const page = await adminAt(context, "/mailboxes");
  await page.getByRole("link", { name: `Folders of ${address}` }).click();
  const box = (name) => page.getByRole("checkbox", { name, exact: true });
  await box("Kunden").check();
  doveadm("mailbox", "delete", "-u", address, "Anfragen");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForSelector("[role=alert]");
  assert.match(await page.textContent("[role=alert]"), /Anfragen: the folder cannot be opened/);
  assert.ok(await box("Kunden").isChecked());
  assert.deepEqual(await faults(page), []);
});

test("the webhook's secret is shown once", async (context) => {
  const page = await adminAt(context, "/webhook");
  assert.deepEqual(await faults(page), []);
  await page.getByLabel("Address").fill("https://hooks.example.com/undersigned");
  await page.keyboard.press("Enter");
  assert.match(await page.textContent("#secret"), /whsec_/);
  assert.deepEqual(await faults(page), []);
  await page.goto("/webhook");
  assert.equal(await page.locator("#secret").count(), 0);
  assert.equal(await page.getByLabel("Address").inputValue(), "https://hooks.example.com/undersigned");
});

for (const [name, options] of Object.entries(SCREENS)) {
  test(`the pages of mailboxes are accessible on ${name}`, async (context) => {
    const page = await adminAt(context, "/mailboxes", options);
    await page.waitForSelector("#mailboxes li");
    assert.deepEqual(await faults(page), []);
    await shot(page, `mailboxes ${name}`);
    await page.getByRole("link", { name: `Folders of ${address}` }).click();
    await page.waitForSelector("#folders");
    assert.deepEqual(await faults(page), []);
    await shot(page, `folders ${name}`);
    await page.goto("/webhook");
    assert.deepEqual(await faults(page), []);
  });
}
