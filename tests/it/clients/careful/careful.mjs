// A client that takes every care, but for how its forms are sent: that is for who calls `main`.

import { createHash, createHmac, randomInt } from 'node:crypto';
import { open } from 'node:fs/promises';
import { env, exit, stderr } from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';

export const TIMEOUT = 20_000; // milliseconds
const ATTEMPTS = 3;
const PAUSE = 200; // milliseconds
const UNDER_WAY = Number(env.SLICECHECK_TEST_CONNECTIONS ?? 1); // slices
const UNFINISHED = -4019;
// Codes of the error table that ask to come again, or that are transient by nature.
const TRANSIENT = [-71, -195, -196, -5997, -20034, -21095, -29302];

class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** No usable answer came; the next attempt may bring one. */
export class Lost extends Error {}

const word = (name) => env[`SLICECHECK_${name}`];
const path = `${word('APPID')}/${word('BUCKET')}${word('KEY')}`;
const url = `${word('ENDPOINT')}/files/v2/${path.split('/').map(encodeURIComponent).join('/')}`;

/**
 * Uploads the file, and exits with what became of it.
 *
 * `post(url, authorization, fields)` sends a multipart form; of the fields, a Buffer is a file. It resolves
 * to `{ status, body }`, the body as text, and rejects if no whole reply came.
 */
export async function main(post) {
  // Neither of the wishes is known here.
  if (word('OP') !== 'upload' || word('SHA') || word('INSERT_ONLY')) exit(89);
  try {
    await upload(post);
  } catch (error) {
    stderr.write(`${error.stack}\n`);
    exit(1);
  }
}

async function upload(post) {
  const file = await open(word('FILE'));
  const { size } = await file.stat();
  const granted = await begin(post, size);
  const { session, slice_size: sliceSize, listparts = [] } = granted;
  if (session === undefined) return; // an address instead: the object is there already
  // The service's choice, whatever was asked for. Without one it is not for us to guess.
  if (!(sliceSize > 0)) throw new Refused(0, `the slice size is ${sliceSize}`);
  const held = new Set(listparts.map((part) => `${part.offset} ${part.datalen}`));
  const missing = [];
  for (let offset = 0; offset < size; offset += sliceSize) {
    const length = Math.min(sliceSize, size - offset);
    if (!held.has(`${offset} ${length}`)) missing.push([offset, length]);
  }
  await inParallel(String(granted.serial_upload) === '1' ? 1 : UNDER_WAY, missing, async ([offset, length]) => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
    if (bytesRead < length) throw new Refused(0, 'the file has become shorter');
    await persist(() => send(post, session, offset, buffer));
  });
  await file.close();
  await persist(async () => {
    const data = await call(post, { op: 'upload_slice_finish', session, filesize: size });
    if (data.access_url === undefined) throw new Lost('finish succeeded without an address');
  });
}

/** Does something with each piece, with so many under way; once one has failed no other is begun. */
async function inParallel(most, pieces, act) {
  const left = pieces[Symbol.iterator]();
  let failed = false;
  const work = async () => {
    for (const piece of left) {
      if (failed) return;
      await act(piece).catch((error) => {
        failed = true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: most }, work));
}

/** Opens an upload, or takes up the one that is open. */
async function begin(post, size) {
  const fields = { op: 'upload_slice_init', filesize: size, slice_size: word('SLICE_SIZE') };
  try {
    return await persist(() => sessionOrAddress(post, fields));
  } catch (error) {
    if (error.code !== UNFINISHED) throw error;
  }
  const granted = await persist(() => sessionOrAddress(post, { op: 'upload_slice_list' }));
  if ((granted.filesize ?? size) !== size) throw new Refused(UNFINISHED, 'that is of another file');
  return granted;
}

async function sessionOrAddress(post, fields) {
  const data = await call(post, fields);
  if (typeof data.session !== 'string' && (data.session !== undefined || !data.access_url)) {
    throw new Lost(`${fields.op}: no session in ${JSON.stringify(data)}`);
  }
  return data;
}

async function send(post, session, offset, content) {
  const data = await call(post, { op: 'upload_slice_data', session, offset, filecontent: content });
  const datamd5 = createHash('md5').update(content).digest('hex');
  const sent = { session, offset, datalen: content.length, datamd5 };
  if (data.datamd5 === undefined) delete sent.datamd5; // replies of 2016 have none
  for (const [name, value] of Object.entries(sent)) {
    if (data[name] !== value) throw new Lost(`${name} is ${value}, acknowledged is ${data[name]}`);
  }
}

/** Posts a form and returns `data` of a reply whose code is 0. */
async function call(post, fields) {
  let status, reply;
  try {
    const response = await post(url, signature(), fields);
    status = response.status;
    reply = JSON.parse(response.body, read);
  } catch (error) {
    throw new Lost(`${fields.op}: ${error} ${error.cause ?? ''}`);
  }
  if (!Number.isSafeInteger(reply?.code)) throw new Lost(`${fields.op}: no code`);
  if (TRANSIENT.includes(reply.code)) throw new Lost(`${fields.op}: ${JSON.stringify(reply)}`);
  if (reply.code !== 0) throw new Refused(reply.code, `${fields.op}: ${JSON.stringify(reply)}`);
  if (status !== 200) throw new Lost(`${fields.op}: HTTP ${status}`);
  if (Object(reply.data) !== reply.data) throw new Lost(`${fields.op}: no data`);
  return reply.data;
}

const NUMBERS = ['code', 'datalen', 'filesize', 'offset', 'slice_size'];

/** What is a number in every reply is a string of digits on some pages. */
function read(name, value) {
  return NUMBERS.includes(name) && /^-?\d+$/.test(value) ? Number(value) : value;
}

/** Does what may succeed the next time up to three times. */
async function persist(attempt) {
  for (let left = ATTEMPTS - 1; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Lost) || left === 0) throw error;
    }
    await pause(PAUSE);
  }
}

function signature() {
  const now = Math.floor(Date.now() / 1000);
  const who = `a=${word('APPID')}&b=${word('BUCKET')}&k=${word('SECRET_ID')}`;
  const clear = `${who}&e=${now + 600}&t=${now}&r=${randomInt(2 ** 31)}&f=`;
  const mac = createHmac('sha1', word('SECRET_KEY')).update(clear).digest();
  return Buffer.concat([mac, Buffer.from(clear)]).toString('base64');
}
