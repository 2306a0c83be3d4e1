// The npm package qos-node-client behind the driver contract; nothing here touches the protocol.
// NODE_PATH is not heeded by `import`: SLICECHECK_TEST_NODE names the folder with its node_modules.

import { createRequire } from 'node:module';

const { env } = process;
if (env.SLICECHECK_OP !== 'upload' || env.SLICECHECK_SHA) process.exit(89);

const { createClient } = createRequire(`${env.SLICECHECK_TEST_NODE}/`)('qos-node-client').default;
const client = createClient({
  appId: env.SLICECHECK_APPID,
  secretId: env.SLICECHECK_SECRET_ID,
  secretKey: env.SLICECHECK_SECRET_KEY,
  region: env.SLICECHECK_REGION,
  bucket: env.SLICECHECK_BUCKET,
});
client.url = `${env.SLICECHECK_ENDPOINT}/files/v2/${env.SLICECHECK_APPID}/`;
await client.uploadLargeFile({
  form: {
    slice_size: Number(env.SLICECHECK_SLICE_SIZE),
    insertOnly: Number(env.SLICECHECK_INSERT_ONLY ?? 0),
  },
  localFile: env.SLICECHECK_FILE,
  fileId: env.SLICECHECK_KEY,
});
