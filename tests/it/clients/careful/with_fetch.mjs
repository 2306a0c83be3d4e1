// The client that takes every care, with its forms made and sent by Node's own fetch.

import { main, TIMEOUT } from './careful.mjs';

await main(async (url, authorization, fields) => {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (Buffer.isBuffer(value)) body.append(name, new Blob([value]), name);
    else body.append(name, String(value));
  }
  const headers = { Authorization: authorization };
  const signal = AbortSignal.timeout(TIMEOUT);
  const reply = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
  return { status: reply.status, body: await reply.text() };
});
