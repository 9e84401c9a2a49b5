import { expect } from 'chai';
import { createHmac } from 'node:crypto';
import { deliverOver, outcomeOf, type Parcel } from '../../../scheduler/notify/deliver.js';
import { VirtualClock } from '../../fakes/clock.js';
import { freePort } from '../../support/ports.js';
import { startReceiver, type Received, type Receiver } from '../../support/receiver.js';

const now = Date.parse('2026-11-26T14:03:00Z');

describe('one try to deliver', () => {
  let receiver: Receiver;
  const deliver = deliverOver(new VirtualClock(now));
  const never = new AbortController().signal;
  const parcel = (change: Partial<Parcel> = {}): Parcel => ({
    ...{ url: receiver.url, method: 'POST', secret: 'key', headers: { 'X-Team': 'a' }, body: '{"ä":1}', id: 'x#1' },
    ...change,
  });
  beforeEach(async () => void (receiver = await startReceiver()));
  afterEach(() => receiver.stop());

  it('signs the bytes with their time, and bears its id', async () => {
    expect(await deliver(parcel(), never)).to.deep.equal({ kind: 'delivered' });
    const [{ headers, body }] = receiver.received as [Received];
    expect(headers).to.deep.include({ 'x-team': 'a', 'x-ballast-id': 'x#1', 'content-type': 'application/json' });
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-ballast-signature'])) ?? [];
    expect(Number(t)).to.equal(now / 1000);
    expect(v1).to.equal(createHmac('sha256', 'key').update(`${t}.${body}`).digest('hex'));
  });

  it('is not signed without a secret, and has no body as GET', async () => {
    await deliver(parcel({ secret: null, method: 'GET' }), never);
    expect(receiver.received[0]).to.deep.include({ method: 'GET', body: '' });
    expect(receiver.received[0]?.headers).not.to.have.property('x-ballast-signature');
  });

  it('follows no redirect: what is signed is for one address', async () => {
    receiver.answers.push({ status: 302, headers: { location: receiver.url } });
    expect(await deliver(parcel(), never)).to.deep.equal({ kind: 'refused', text: 'answered 302 Found' });
    expect(receiver.received).to.have.length(1);
  });

  it('tries again what nobody takes, and is never waited for beyond the end', async () => {
    const refused = await deliver(parcel({ url: `http://127.0.0.1:${await freePort()}/` }), never);
    expect(refused).to.deep.include({ kind: 'again', afterMs: null });
    receiver.answers.push(null);
    const ending = new AbortController();
    const waits = deliver(parcel(), ending.signal);
    ending.abort();
    expect((await waits).kind).to.equal('again');
  });

  const table: [number, string, ReturnType<typeof outcomeOf>['kind'], number | null][] = [
    [200, '', 'delivered', null],
    [204, '', 'delivered', null],
    [301, '', 'refused', null],
    [400, '', 'refused', null],
    [401, '', 'refused', null],
    [404, '', 'refused', null],
    [408, '', 'again', null],
    [410, '5', 'refused', null],
    [429, '7', 'again', 7_000],
    [429, 'Thu, 26 Nov 2026 14:03:30 GMT', 'again', 30_000],
    [429, 'Thu, 26 Nov 2026 14:00:00 GMT', 'again', 0],
    [503, '86400', 'again', 600_000],
    [503, 'soon', 'again', null],
    [500, '', 'again', null],
  ];
  for (const [status, retryAfter, kind, afterMs] of table)
    it(`${status}${retryAfter && ` with Retry-After "${retryAfter}"`} is ${kind}${afterMs === null ? '' : ` after ${afterMs} ms`}`, () => {
      const outcome = outcomeOf(status, 'X', retryAfter, now);
      expect(outcome.kind).to.equal(kind);
      if (outcome.kind === 'again') expect(outcome.afterMs).to.equal(afterMs);
    });
});
