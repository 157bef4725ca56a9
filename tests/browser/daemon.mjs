// A daemon of its own with an admin, beside the Dovecot of tests/servers.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const email = "ada@kugellager.test";
const password = "correct horse battery staple";

/** One of the variables that tests/servers prints. */
function variable(name) {
  const value = process.env[`UNDERSIGNED_TEST_${name}`];
  if (!value) throw new Error(`UNDERSIGNED_TEST_${name} is not set: run tests/run browser, which starts the servers`);
  return value;
}

export const imap = () => ({ port: variable("IMAP_TLS").split(":")[1], password: variable("PASSWORD") });

/** Runs doveadm on the server of this run. */
export const doveadm = (...words) =>
  execFileSync("doveadm", ["-c", join(variable("DIR"), "dovecot/dovecot.conf"), ...words]);

/**
 * Address, sign-in and API of a running daemon with an admin and a list, its command line, and how to end it; `more` is
 * for its environment.
 */
export async function startDaemon(more = {}) {
  const binary = process.env.UNDERSIGNED_BINARY;
  if (!binary) throw new Error("set UNDERSIGNED_BINARY");
  const dir = mkdtempSync(join(tmpdir(), "undersigned-browser-"));
  const env = {
    ...process.env,
    UNDERSIGNED_DATA_DIR: dir,
    UNDERSIGNED_VAULT__MASTER_SECRET: "a master secret for the browser, long enough",
    UNDERSIGNED_SERVER__LISTEN: "127.0.0.1:0",
    UNDERSIGNED_OPS__LISTEN: "127.0.0.1:0",
    UNDERSIGNED_LOG__FORMAT: "json",
    UNDERSIGNED_IMAP__CA_FILE: variable("CA"),
    UNDERSIGNED_IMAP__ALLOW_PRIVATE_HOSTS: "true",
    ...more,
  };
  const run = (words, input = "") => execFileSync(binary, words, { env, cwd: dir, input, encoding: "utf8" });
  run(["admin", "create-tenant", "Kugellager", "--region", "DE"]);
  run(["admin", "create-user", "--tenant", "Kugellager", "--role", "admin", email], `${password}\n`);
  const token = run(["admin", "create-token", "--tenant", "Kugellager", "browser"]).trim();
  const daemon = spawn(binary, ["serve"], { env, cwd: dir, stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => { daemon.once("exit", resolve); });
  const end = async () => {
    daemon.kill("SIGTERM");
    await ended;
    rmSync(dir, { recursive: true });
  };
  let printed = "";
  daemon.stderr.setEncoding("utf8");
  for await (const piece of daemon.stderr.iterator({ destroyOnReturn: false })) {
    printed += piece;
    const started = printed.split("\n").find((line) => line.includes('"started"'));
    if (started) {
      daemon.stderr.resume();
      const { fields, web } = JSON.parse(started);
      const url = `http://${fields?.web ?? web}`;
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const api = async (method, path, body) => {
        const answer = await fetch(`${url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
        if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
        return answer.status === 204 ? undefined : answer.json();
      };
      await api("POST", "/lists", { name: "Inbound" });
      return { url, email, password, api, run, dir, end };
    }
  }
  throw new Error(`the daemon ended early: ${printed}`);
}
