// The client that takes every care, with its forms made by the npm package form-data: each is piped into a
// request of node:http, which sends it in chunks.

import http from 'node:http';
import { createRequire } from 'node:module';
import { env } from 'node:process';
import { text } from 'node:stream/consumers';

import { main, TIMEOUT } from './careful.mjs';

const FormData = createRequire(`${env.SLICECHECK_TEST_NODE}/`)('form-data');

await main((url, authorization, fields) => new Promise((resolve, reject) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (Buffer.isBuffer(value)) form.append(name, value, { filename: name });
    else form.append(name, String(value));
  }
  const headers = { ...form.getHeaders(), Authorization: authorization };
  const request = http.request(url, { method: 'POST', headers, timeout: TIMEOUT });
  request.on('error', reject);
  request.on('timeout', () => request.destroy(new Error('no reply in time')));
  request.on('response', (reply) => {
    text(reply).then((body) => resolve({ status: reply.statusCode, body }), reject);
  });
  form.pipe(request);
}));
