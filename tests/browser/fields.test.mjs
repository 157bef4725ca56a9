// An admin at the fields of the CRM, in a real browser: says which holds what, is told at the field what
// cannot be right, goes back to what is usual.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SCREENS, adminAt, api, faults, shot, tabTo, withDaemon } from "./admin.mjs";
import { startHubSpot } from "./services.mjs";

let hubspot;
withDaemon(async () => {
  hubspot = await startHubSpot();
  return { UNDERSIGNED_CRM__ALLOW_PRIVATE_HOSTS: "true" };
}, () => api("PUT", "/crm", { kind: "hubspot", url: hubspot.url, password: "pat-eu1-1" }));
after(() => hubspot?.end());

const path = "/connect/crm/fields";
const mapped = async (property) => (await api("GET", "/crm/mapping")).fields.find((field) => field.property === property);
const save = (page) => page.getByRole("button", { name: "Save", exact: true }).click();

test("a field is added, another changed, by keyboard; what is wrong is said at the field", async (context) => {
  const page = await adminAt(context, "/connect/crm");
  await page.getByRole("link", { name: /^Which field holds what/ }).click();
  await page.waitForURL(`**${path}`);
  assert.deepEqual(await faults(page), []);
  assert.match(await page.textContent("#cannot"), /A property holds one value/);
  assert.match(await page.textContent("#fields"), /The usual fields are in use/);
  await tabTo(page, page.getByRole("button", { name: "Add a field" }));
  await page.keyboard.press("Enter");
  await page.waitForSelector("input[autofocus]");
  await page.keyboard.type("Work phone");
  await page.keyboard.press("Tab");
  await page.keyboard.type("pho");
  await page.getByLabel("jobtitle takes at most so many characters").fill("many");
  await page.keyboard.press("Enter");
  assert.match(await page.textContent("#failure"), /1 field cannot be right/);
  const length = page.getByLabel("jobtitle takes at most so many characters");
  assert.equal(await length.inputValue(), "many", "what was typed stays");
  assert.equal(await length.getAttribute("aria-invalid"), "true");
  const why = await length.evaluate((it) => document.getElementById(it.getAttribute("aria-describedby")).textContent);
  assert.match(why, /a whole number/);
  assert.deepEqual(await faults(page), []);
  await length.fill("60");
  await page.getByLabel("jobtitle is locked").check();
  await save(page);
  const name = page.getByLabel("Field 19");
  assert.equal(await name.getAttribute("aria-invalid"), "true");
  assert.match(await page.textContent("tr.wrong"), /internal name, not its label/);
  await name.fill("no_such_field");
  await save(page);
  assert.match(await page.textContent("tr.wrong"), /the CRM has no field `no_such_field`/);
  assert.equal((await mapped("jobtitle")).locked, false, "nothing is saved before");
  await name.fill("work_phone");
  await save(page);
  assert.match(await page.textContent("#said"), /The fields are saved/);
  const title = await mapped("jobtitle");
  assert.deepEqual([title.locked, title.max_length], [true, 60]);
  assert.equal((await mapped("work_phone")).holds, "phone");
  assert.match(await page.textContent("#fields"), /usually job title/);
});

test("order and presence change on the page, and the usual fields come back when they are saved", async (context) => {
  const page = await adminAt(context, path);
  await page.getByRole("button", { name: "Move up work_phone before phone" }).click();
  await page.getByRole("button", { name: "Remove fax" }).click();
  assert.match(await page.textContent(".left-out"), /fax.*usually fax/);
  assert.deepEqual(await faults(page), []);
  await page.getByRole("button", { name: "Put back fax" }).click();
  await save(page);
  assert.match(await page.textContent("#said"), /The fields are saved/);
  const order = (await api("GET", "/crm/mapping")).fields.map(({ property }) => property);
  assert.ok(order.indexOf("work_phone") < order.indexOf("phone") && order.at(-1) === "fax", order.join());
  await page.getByRole("button", { name: "Show the usual fields" }).click();
  assert.match(await page.textContent("#said"), /Nothing is saved yet/);
  assert.ok(await mapped("work_phone"), "nothing is lost by looking");
  assert.deepEqual(await faults(page), []);
  await save(page);
  assert.equal(await mapped("work_phone"), undefined);
  assert.match(await page.textContent("#fields"), /The usual fields are in use/);
});

for (const [name, options] of Object.entries(SCREENS)) {
  test(`the fields of the CRM are accessible on ${name}`, async (context) => {
    const page = await adminAt(context, path, options);
    assert.deepEqual(await faults(page), []);
    await shot(page, `fields ${name}`);
    await page.getByLabel("email takes at most so many characters").fill("0");
    await save(page);
    await page.waitForSelector("tr.wrong");
    assert.deepEqual(await faults(page), []);
    await shot(page, `fields wrong ${name}`);
    await page.goto("/connect/crm");
    assert.deepEqual(await faults(page), []);
    await shot(page, `crm ${name}`);
  });
}
