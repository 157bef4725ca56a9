// A rep at a number for which the CRM has no field, in a real browser: reads so before accepting, and puts it in the
// place of the old one by keyboard.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SCREENS, adminAt, api, deliver, faults, shot, tabTo, withDaemon } from "./admin.mjs";
import { startHubSpot } from "./services.mjs";

const anna = {
  firstname: "Anna", lastname: "Müller", email: "anna.mueller@exempla.example", phone: "+49 931 3000001",
  mobilephone: "+49 170 1234567",
};
const letter = `From: Anna Müller <${anna.email}>
To: sales@kugellager.test
Subject: Our talk
Date: Mon, 21 Sep 2026 12:00:00 +0200
Message-ID: <1@letters.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Guten Tag,

vielen Dank für das Gespräch, ich melde mich nächste Woche.

Mit freundlichen Grüßen
Anna Müller
Exempla GmbH
Tel. ${anna.phone}
Mobil +49 171 7654321
`;

let hubspot;
withDaemon(async () => {
  hubspot = await startHubSpot([anna]);
  return { UNDERSIGNED_CRM__ALLOW_PRIVATE_HOSTS: "true" };
}, async () => {
  await api("PUT", "/crm", { kind: "hubspot", url: hubspot.url, password: "pat-eu1-1" });
  while (!(await api("GET", "/crm")).read_at) await new Promise((resolve) => { setTimeout(resolve, 50); });
  deliver(letter);
});
after(() => hubspot?.end());

for (const [name, options] of Object.entries(SCREENS)) {
  test(`what the CRM has no room for is told on ${name}`, async (context) => {
    const page = await adminAt(context, "/review", options);
    const choice = page.getByLabel("Mobile +49 171 7654321: add it, or put it in place of a known one");
    await choice.waitFor();
    const why = await choice.evaluate((it) => document.getElementById(it.getAttribute("aria-describedby")).textContent);
    assert.equal(why, "The CRM has no free field for another mobile phone.");
    assert.deepEqual(await faults(page), []);
    await shot(page, `room-${name.replaceAll(" ", "-")}`);
  });
}

test("a new number takes the old one's place, by keyboard, and what was chosen is not lost under one's hands", async (context) => {
  const page = await adminAt(context, "/review");
  const choice = page.getByLabel(/^Mobile .* in place of a known one$/);
  const take = page.getByLabel("Take Mobile: +49 171 7654321");
  await take.uncheck();
  await tabTo(page, choice);
  await page.keyboard.press("ArrowDown");
  assert.equal(await choice.inputValue(), "+49 170 1234567");
  assert.ok(await take.isChecked(), "what is to stand somewhere is taken");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Escape");
  await page.keyboard.press("a");
  await page.locator(".card").waitFor({ state: "detached" });
  const { items } = await api("GET", "/contacts");
  const numbers = Object.values(items[0].card.phones).map(({ number }) => number);
  assert.deepEqual(numbers, ["+499313000001", "+491717654321"]);
  await page.keyboard.press("u");
  await page.locator(".card").waitFor();
  assert.equal(await choice.inputValue(), "", "it is to be chosen again");
});

test("a key takes back nobody else's decision", async (context) => {
  const [{ id }] = (await api("GET", "/suggestions")).items;
  await api("POST", `/suggestions/${id}/accept`, {});
  const page = await adminAt(context, "/review");
  assert.match(await page.textContent("#decided li"), /by a program/);
  const asked = [];
  page.on("request", (request) => { if (request.method() === "POST") asked.push(request.url()); });
  await page.keyboard.press("u");
  await page.keyboard.press("?");
  await page.locator("#help[open]").waitFor();
  assert.deepEqual(asked, []);
  await page.keyboard.press("Escape");
  await page.click("#decided li button");
  await page.locator(".card").waitFor();
});

for (const [name, options] of Object.entries(SCREENS)) {
  test(`a decision is listed with what it writes, and taken back there, on ${name}`, async (context) => {
    const page = await adminAt(context, "/review", options);
    await page.getByLabel(/^Mobile .* in place of a known one$/).selectOption("+49 170 1234567");
    await page.getByRole("button", { name: /^Accept/ }).first().click();
    await page.locator(".card").waitFor({ state: "detached" });
    await page.getByRole("link", { name: /^All decisions/ }).click();
    await page.waitForURL("**/review/decided?list=");
    await page.locator("summary").click();
    const mobiles = page.locator("dl div", { hasText: "Mobile" }).locator("dd");
    assert.deepEqual(await mobiles.allTextContents(), ["after: +49 171 7654321", "before: +49 170 1234567 "]);
    assert.deepEqual(await faults(page), []);
    await shot(page, `decided-${name.replaceAll(" ", "-")}`);
    await page.getByRole("button", { name: "Undo for Anna Müller" }).click();
    await page.locator("#said").waitFor();
    assert.equal(await page.textContent("#said"), "Anna Müller is open again.");
    await page.getByRole("link", { name: "open again" }).click();
    await page.locator(".card").waitFor();
  });
}
