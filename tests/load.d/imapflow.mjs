#!/usr/bin/env node
// Watches mailboxes with imapflow, the engine of EmailEngine; posts what comes, if it is given an
// address to post to. usage: imapflow.mjs HOST PORT [URL] <ADDRESSES
import { readFileSync } from 'node:fs';
import { ImapFlow } from 'imapflow';

const [host, port, url] = process.argv.slice(2);
const addresses = readFileSync(0, 'utf8').split('\n').filter(Boolean);
// As many connections at a time as undersigned makes to one host.
const AT_ONCE = 50;

async function watch(user) {
  const client = new ImapFlow({
    host,
    port: Number(port),
    secure: true,
    auth: { user, pass: process.env.PEER_PASSWORD },
    tls: { ca: readFileSync(process.env.PEER_CA) },
    logger: false,
  });
  await client.connect();
  await client.mailboxOpen('INBOX', { readOnly: true });
  // By itself it waits 15 s before it idles.
  const idle = () => client.idle().catch(() => {});
  client.on('exists', async ({ count, prevCount }) => {
    if (!url) return;
    for await (const message of client.fetch(`${prevCount + 1}:${count}`, { uid: true, source: true })) {
      await fetch(url, { method: 'POST', body: message.source });
    }
    idle();
  });
  idle();
}

const waiting = [...addresses];
const connect = async () => {
  while (waiting.length) await watch(waiting.shift());
};
await Promise.all(Array.from({ length: AT_ONCE }, connect));
