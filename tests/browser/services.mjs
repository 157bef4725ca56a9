// Stand-ins of services outside, as far as the pages ask them: Microsoft's sign-in and directory, and an
// account at HubSpot. The emulators that the stories run against are strict; these only answer.
import { createServer } from "node:http";

/** Starts a server that answers JSON; `answer` gives `[status, body]` of a request. */
async function start(answer) {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    const [status, told] = answer({ path: decodeURIComponent(pathname), asked: searchParams, body });
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(told));
  });
  await new Promise((resolve) => { server.listen(0, "127.0.0.1", resolve); });
  return { url: `http://127.0.0.1:${server.address().port}`, end: () => server.close() };
}

export const app = { directory: "kugellager.test", clientId: "2f1c9d52-0000-4000-8000-000000000001", secret: "s3cret~of.the_app" };
export const group = "5d3c1f0a-0000-4000-8000-000000000002";
const people = ["Anna Adler", "Anton Ahorn", "Berta Bach"].map((displayName) => {
  const mail = `${displayName.split(" ")[0].toLowerCase()}@kugellager.test`;
  return { "@odata.type": "#microsoft.graph.user", displayName, mail, userPrincipalName: mail };
});

/** A directory with three people and a group, whose mailboxes the app may not read. */
export const startMicrosoft = () => start(({ path, asked, body }) => {
  if (path.endsWith("/token")) {
    const sent = new URLSearchParams(body);
    if (sent.get("client_secret") === app.secret) return [200, { token_type: "Bearer", expires_in: 3599, access_token: "one" }];
    return [401, { error: "invalid_client", error_description: "AADSTS7000215: words", error_codes: [7000215] }];
  }
  if (path === "/v1.0/users") {
    const beginning = asked.get("$filter")?.match(/'([^']*)'/)[1].toLowerCase() ?? "";
    return [200, { value: people.filter(({ displayName }) => displayName.toLowerCase().startsWith(beginning)) }];
  }
  if (path === `/v1.0/groups/${group}/transitiveMembers`) return [200, { value: people.slice(2) }];
  if (path.startsWith("/v1.0/groups/")) return [404, { error: { code: "Request_ResourceNotFound" } }];
  return [403, { error: { code: "ErrorAccessDenied" } }];
});

const properties = ["salutation", "firstname", "lastname", "jobtitle", "company", "email", "hs_additional_emails", "phone",
  "mobilephone", "hs_whatsapp_phone_number", "fax", "website", "hs_linkedin_url", "address", "zip", "city", "state", "country", "work_phone"];

/** An account with these contacts, each the properties of one; it takes what is written, and forgets it. */
export const startHubSpot = (contacts = []) => {
  const made = "2026-09-01T08:00:00Z";
  const objects = contacts.map((it, place) => ({ id: `${place + 1}`, properties: it, createdAt: made, updatedAt: made, archived: false }));
  return start(({ path }) => {
    if (path === "/account-info/v3/details") return [200, { portalId: 4711, accountType: "STANDARD" }];
    if (path.startsWith("/crm/v3/properties/")) return [200, { results: properties.map((name) => ({ name, modificationMetadata: { readOnlyValue: false } })) }];
    const [, id] = path.match(/^\/crm\/v3\/objects\/contacts\/(\d+)$/) ?? [];
    if (id) return objects[id - 1] ? [200, objects[id - 1]] : [404, {}];
    return [200, { results: path === "/crm/v3/objects/contacts" ? objects : [], total: 0 }];
  });
};
