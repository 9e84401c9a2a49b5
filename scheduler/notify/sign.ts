import { createHmac } from 'node:crypto';

/**
 * `t=<epoch seconds>,v1=<hex>`: HMAC-SHA256 of `<t>.<body>`. Whoever checks it recomputes v1 over the bytes as they came, and
 * refuses a `t` that is too old, so that nobody can send the same again later.
 */
export const signature = (secret: string, body: string, now: number): string => {
  const t = Math.floor(now / 1000);
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`;
};
