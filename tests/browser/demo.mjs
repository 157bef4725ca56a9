// Where the tests look: at the address in the environment, or at a demo of their own.
import { spawn } from "node:child_process";

/** Address and sign-in of a running review page, and how to end it. */
export async function reviewPage() {
  const { UNDERSIGNED_URL: url, UNDERSIGNED_EMAIL: email, UNDERSIGNED_PASSWORD: password } = process.env;
  if (url && email && password) return { url, email, password, end: () => {} };
  const binary = process.env.UNDERSIGNED_BINARY;
  if (!binary) {
    throw new Error("set UNDERSIGNED_BINARY, or UNDERSIGNED_URL, UNDERSIGNED_EMAIL and UNDERSIGNED_PASSWORD");
  }
  const demo = spawn(binary, ["demo", "--every", "5"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => { demo.once("exit", resolve); });
  const end = () => { demo.kill("SIGINT"); return ended; };
  let printed = "";
  demo.stdout.setEncoding("utf8");
  for await (const piece of demo.stdout.iterator({ destroyOnReturn: false })) {
    printed += piece;
    const found = printed.match(/(http:\/\/\S+?)\/?\n[^:]*: +(\S+)\n[^:]*: +(\S+)\n/);
    if (found) {
      demo.stdout.resume();
      return { url: found[1], email: found[2], password: found[3], end };
    }
  }
  throw new Error(`the demo ended early: ${printed}`);
}
