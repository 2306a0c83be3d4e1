/** A signature for many requests, in Base64; `words` are those of the driver contract. */
export async function signature({ appid, bucket, secret_id, secret_key }) {
  const text = new TextEncoder();
  const now = Math.floor(Date.now() / 1000);
  const random = crypto.getRandomValues(new Uint32Array(1))[0];
  const clear = text.encode(`a=${appid}&b=${bucket}&k=${secret_id}&e=${now + 600}&t=${now}&r=${random}&f=`);
  const algorithm = { name: 'HMAC', hash: 'SHA-1' };
  const key = await crypto.subtle.importKey('raw', text.encode(secret_key), algorithm, false, ['sign']);
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, clear));
  return btoa(String.fromCharCode(...mac, ...clear));
}
