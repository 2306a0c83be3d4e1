/**
 * npm's cos-js-sdk-v4 as a driver for the page of a plan. The SDK is no module: it makes a global variable.
 * Its host is a constant, which the endpoint replaces.
 */
import { signature } from './signature.js';

await new Promise((resolve, reject) => {
  const script = document.createElement('script');
  Object.assign(script, { src: new URL('cos-js-sdk-v4.js', import.meta.url), onload: resolve, onerror: reject });
  document.head.append(script);
});

export async function upload(words, file) {
  if (words.op !== 'upload') return 'unsupported';
  const { appid, bucket, region, endpoint, key, slice_size } = words;
  CosCloud.prototype.cosapi_cgi_url = `${endpoint}/files/v2/`;
  const sign = (callback) => signature(words).then(callback);
  const sdk = new CosCloud({ appid, bucket, region, getAppSign: sign, getAppSignOnce: sign });
  const insertOnly = Number(words.insert_only ?? 0);
  return new Promise((resolve) => {
    const done = (reply) => resolve(reply?.code === 0 ? 'ok' : { outcome: 'api_error', detail: JSON.stringify(reply) });
    sdk.sliceUploadFile(() => resolve('ok'), done, () => {}, bucket, key, file, insertOnly, slice_size);
  });
}
