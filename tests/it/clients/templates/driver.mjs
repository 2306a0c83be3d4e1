// A driver in Node: one process per scenario, or one for all with --driver. Your client goes into `upload`.
import { createInterface } from 'node:readline';

/** Uploads the file at `words.file`; a rejected promise is a claim of failure. */
async function upload(words) {
  throw new Error(`call your client here: ${words.endpoint}${words.key}`);
}

async function claim(words) {
  if (words.op !== 'upload') return { outcome: 'unsupported' };
  try {
    await upload(words);
    return { outcome: 'ok' };
  } catch (error) {
    return { outcome: 'api_error', detail: String(error) };
  }
}

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

if (process.env.SLICECHECK_OP) {
  const words = Object.entries(process.env).filter(([name]) => name.startsWith('SLICECHECK_'));
  const said = await claim(Object.fromEntries(words.map(([name, value]) => [name.slice(11).toLowerCase(), value])));
  say(said);
  process.exitCode = { ok: 0, unsupported: 89 }[said.outcome] ?? 1;
} else {
  for await (const line of createInterface({ input: process.stdin })) {
    const words = JSON.parse(line);
    say(words.hello ? { name: 'my driver', version: '1.0' } : { id: words.id, ...(await claim(words)) });
  }
}
