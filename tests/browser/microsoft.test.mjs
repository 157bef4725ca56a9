// An admin at the page of Microsoft 365, in a real browser: enters the app registration, is told why it is
// refused, picks people, follows a group, sees how they fare.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SCREENS, adminAt, faults, shot, tabTo, withDaemon } from "./admin.mjs";
import { app, group, startMicrosoft } from "./services.mjs";

let microsoft;
withDaemon(async () => {
  microsoft = await startMicrosoft();
  return {
    UNDERSIGNED_GRAPH__IDENTITY_URL: microsoft.url,
    UNDERSIGNED_GRAPH__API_URL: `${microsoft.url}/v1.0`,
    UNDERSIGNED_GRAPH__POLL_SECONDS: "1",
  };
});
after(() => microsoft?.end());

const path = "/connect/microsoft";
const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

test("the app is entered by keyboard, and what Microsoft refuses is said", async (context) => {
  const page = await adminAt(context, "/mailboxes");
  await page.getByRole("link", { name: /^Microsoft 365/ }).click();
  await page.waitForURL(`**${path}`);
  assert.deepEqual(await faults(page), []);
  const fill = async (label, text) => {
    const field = page.getByLabel(label);
    await tabTo(page, field);
    await field.selectText();
    await page.keyboard.type(text);
  };
  await fill(/^Directory/, app.directory);
  await fill(/^Application/, app.clientId);
  await fill("the value of a client secret", "a wrong one");
  await page.keyboard.press("Enter");
  assert.match(await page.textContent("#failure"), /app registration is not accepted: check .*AADSTS7000215/);
  assert.match(await page.textContent("#said"), /is saved/);
  assert.deepEqual(await faults(page), []);
  await page.getByText("Enter another secret").click();
  await page.getByLabel("the value of a client secret").fill(app.secret);
  await page.getByLabel(/which ends on/).fill(inDays(6));
  await page.getByRole("button", { name: "Save and try it" }).click();
  assert.match(await page.textContent("#said"), /lets the app in, and it may list the people/);
  assert.match(await page.textContent("#ends"), /client secret ends on .*, in [56] days/);
  assert.ok(!(await page.content()).includes(app.secret), "the secret is not shown again");
  // The present secret stays while only the day changes.
  await page.getByText("Enter another secret").click();
  await page.getByLabel(/which ends on/).fill(inDays(90));
  await page.getByRole("button", { name: "Save and try it" }).click();
  assert.match(await page.textContent("#said"), /lets the app in/);
  assert.match(await page.textContent("#ends"), /in (89|90) days/);
  await page.getByRole("button", { name: "Test the connection" }).click();
  assert.match(await page.textContent("#said"), /^Microsoft lets the app in/);
  const consent = new URL(await page.getByRole("link", { name: "Grant admin consent" }).getAttribute("href"));
  assert.equal(consent.pathname, `/${app.directory}/v2.0/adminconsent`);
  assert.equal(consent.searchParams.get("client_id"), app.clientId);
  await page.goto(`${new URL(consent.searchParams.get("redirect_uri")).pathname}?admin_consent=True&tenant=1`);
  assert.match(await page.textContent("h1"), /consent is given/);
  assert.deepEqual(await faults(page), []);
});

test("people are looked for, ticked by keyboard and connected, and it is told what they lack", async (context) => {
  const page = await adminAt(context, path);
  await page.getByLabel("Name or address begins with").fill("an");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#found");
  assert.match(await page.textContent("#found"), /2 people found/);
  assert.deepEqual(await faults(page), []);
  await tabTo(page, page.getByLabel("Anton Ahorn"));
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Connect those who are ticked" }).click();
  assert.match(await page.textContent("#said"), /1 mailbox is connected/);
  const line = page.locator("#mailboxes li", { hasText: "anton@kugellager.test" });
  for (let tries = 0; tries < 50 && !/needs consent/.test(await line.textContent()); tries += 1) {
    await page.waitForTimeout(100);
    await page.getByRole("link", { name: "Look again how they fare" }).click();
  }
  assert.match(await line.textContent(), /does not let the app read this mailbox: add the mailbox to the app's scope/);
  assert.deepEqual(await faults(page), []);
  await page.getByLabel("Name or address begins with").fill("");
  await page.getByRole("button", { name: "Look for people" }).click();
  assert.ok(await page.getByLabel("Anton Ahorn").isDisabled(), "connected already");
  await page.getByText("Or by address").click();
  await page.getByLabel("Address of the mailbox").fill("anna@kugellager.test");
  await page.getByRole("button", { name: "Try and connect it" }).click();
  assert.match(await page.textContent("#failure"), /does not let the app read/);
  assert.equal(await page.getByLabel("Address of the mailbox").inputValue(), "anna@kugellager.test");
});

test("a group is followed, and not any more", async (context) => {
  const page = await adminAt(context, path);
  const follow = page.getByRole("button", { name: "Connect its members and follow it" });
  await page.getByLabel("Object id of the group").fill("5d3c1f0a-0000-4000-8000-00000000000f");
  await follow.click();
  assert.match(await page.textContent("#failure"), /no such group/);
  assert.deepEqual(await faults(page), []);
  await page.getByLabel("Object id of the group").fill(group);
  await follow.click();
  assert.match(await page.textContent("#said"), /1 mailbox is connected because of it/);
  assert.match(await page.textContent("#groups"), new RegExp(group));
  assert.deepEqual(await faults(page), []);
  await page.getByRole("button", { name: "Follow no more" }).click();
  assert.match(await page.textContent("#said"), /not followed any more/);
  const berta = page.locator("#mailboxes li", { hasText: "berta@kugellager.test" });
  await berta.getByText(/^Remove/).first().click();
  assert.deepEqual(await faults(page), []);
  await page.getByRole("button", { name: "Stop and remove berta@kugellager.test" }).click();
  await page.waitForURL(`**${path}`);
  await berta.waitFor({ state: "detached" });
});

for (const [name, options] of Object.entries(SCREENS)) {
  test(`the page of Microsoft 365 is accessible on ${name}`, async (context) => {
    const page = await adminAt(context, `${path}?beginning=`, options);
    await page.waitForSelector("#found");
    assert.deepEqual(await faults(page), []);
    await shot(page, `microsoft ${name}`);
    await page.getByText("Enter another secret").click();
    await page.getByText("Or by address").click();
    assert.deepEqual(await faults(page), []);
    await shot(page, `microsoft open ${name}`);
  });
}
