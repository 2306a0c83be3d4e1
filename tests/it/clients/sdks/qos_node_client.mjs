// The npm package qos-node-client led by the driver contract; nothing here touches the protocol.
// NODE_PATH is not heeded by `import`: SLICECHECK_TEST_NODE names the folder with its node_modules.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const { env } = process;
const { createClient } = createRequire(`${env.SLICECHECK_TEST_NODE}/`)('qos-node-client').default;

const isUnsupported = (words) => words.op !== 'upload' || 'sha' in words;

async function upload(words) {
  const client = createClient({
    appId: words.appid,
    secretId: words.secret_id,
    secretKey: words.secret_key,
    region: words.region,
    bucket: words.bucket,
  });
  client.url = `${words.endpoint}/files/v2/${words.appid}/`;
  await client.uploadLargeFile({
    form: { slice_size: Number(words.slice_size), insertOnly: Number(words.insert_only ?? 0) },
    localFile: words.file,
    fileId: words.key,
  });
}

async function claim(words) {
  if (isUnsupported(words)) return { outcome: 'unsupported' };
  try {
    await upload(words);
    return { outcome: 'ok' };
  } catch (error) {
    return { outcome: 'api_error', detail: String(error) };
  }
}

if (env.SLICECHECK_OP) {
  const words = Object.entries(env).filter(([name]) => name.startsWith('SLICECHECK_'));
  const named = Object.fromEntries(words.map(([name, text]) => [name.slice(11).toLowerCase(), text]));
  if (isUnsupported(named)) process.exit(89);
  await upload(named); // a rejected promise ends Node with 1
} else {
  for await (const line of createInterface({ input: process.stdin })) {
    const words = JSON.parse(line);
    const said = words.hello ? { name: 'qos-node-client' } : { id: words.id, ...(await claim(words)) };
    process.stdout.write(`${JSON.stringify(said)}\n`);
  }
}
