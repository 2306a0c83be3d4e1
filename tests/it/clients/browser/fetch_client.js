/**
 * A client for browsers over `fetch`, as a driver for the page of a plan: it sends each request once, and
 * tells of every reply that is no success.
 */

import { signature } from './signature.js';

async function call(words, op, fields) {
  const key = words.key.split('/').map(encodeURIComponent).join('/');
  const form = new FormData();
  for (const [name, value] of Object.entries({ op, ...fields })) form.append(name, value);
  const reply = await fetch(`${words.endpoint}/files/v2/${words.appid}/${words.bucket}${key}`, {
    method: 'POST',
    headers: { Authorization: await signature(words) },
    body: form,
  });
  const envelope = await reply.json();
  if (envelope?.code !== 0) {
    throw Object.assign(new Error(`${op}: ${JSON.stringify(envelope)}`), { outcome: 'api_error' });
  }
  return envelope.data ?? {};
}

export async function upload(words, file) {
  if (words.op !== 'upload' || words.sha !== undefined) return 'unsupported';
  const wishes = words.insert_only === undefined ? {} : { insertOnly: words.insert_only };
  const asked = { filesize: file.size, slice_size: words.slice_size, ...wishes };
  const granted = await call(words, 'upload_slice_init', asked);
  if (granted.access_url !== undefined) return 'ok';
  const { session } = granted;
  const step = Number(granted.slice_size ?? words.slice_size);
  if (session === undefined || !(step > 0)) throw new Error(`init: ${JSON.stringify(granted)}`);
  for (let offset = 0; offset < file.size; offset += step) {
    const filecontent = file.slice(offset, offset + step);
    const stored = await call(words, 'upload_slice_data', { session, offset, filecontent });
    const { offset: start = offset, datalen = filecontent.size } = stored;
    if (Number(start) !== offset || Number(datalen) !== filecontent.size) {
      throw Object.assign(new Error(`stored: ${JSON.stringify(stored)}`), { outcome: 'integrity_error' });
    }
  }
  const finished = await call(words, 'upload_slice_finish', { session, filesize: file.size });
  if (!finished.access_url) throw new Error('no address');
  return 'ok';
}
