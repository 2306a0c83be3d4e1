// The client that takes every care, with its forms made and sent by axios.

import { createRequire } from 'node:module';
import { env } from 'node:process';

import { main, TIMEOUT } from './careful.mjs';

const axios = createRequire(`${env.SLICECHECK_TEST_NODE}/`)('axios');

await main(async (url, authorization, fields) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (Buffer.isBuffer(value)) form.append(name, new Blob([value]), name);
    else form.append(name, String(value));
  }
  const reply = await axios.post(url, form, {
    headers: { Authorization: authorization },
    timeout: TIMEOUT,
    maxRedirects: 0, // a redirected POST becomes a GET
    responseType: 'text',
    transformResponse: (text) => text, // read by who asks
    validateStatus: () => true,
  });
  return { status: reply.status, body: reply.data };
});
