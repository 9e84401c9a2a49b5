import { expect } from 'chai';
import type { GatewayView } from '../../../scheduler/client/index.js';
import { gatewayEntries } from '../../../scheduler/journal/gateway.js';

const server = (instance: string, weight: number) => ({ instance, address: '10.0.0.1', port: 80, weight });
const view = (over: Partial<GatewayView>): GatewayView => ({
  revision: null,
  provenAt: null,
  servers: {},
  last: null,
  reloads: 0,
  failures: 0,
  coming: null,
  ...over,
});
const attempt = (ok: boolean, at = 5): NonNullable<GatewayView['last']> => ({
  at,
  revision: 'abc',
  ok,
  stage: ok ? 'done' : 'test',
  text: ok ? '' : 'host not found',
  reloadMs: ok ? 31.4 : null,
});

describe('journal of the gateway', () => {
  const before = view({ servers: { orders: [server('a', 100), server('b', 100), server('d', 100)] } });

  it('has a line for each instance whose served weight changed, with the proof', () => {
    const after = view({
      servers: { orders: [server('a', 100), server('b', 0), server('c', 10)] },
      last: attempt(true),
    });
    const lines = gatewayEntries(before, after, () => 'orders', 9);
    expect(lines.map(({ instance, code, text }) => [instance, code, text])).to.deep.equal([
      ['b', 'APPLIED', 'weight 100 -> out, nginx -t ok, reload 31 ms, new workers serve plan abc'],
      ['c', 'APPLIED', 'new -> weight 10, nginx -t ok, reload 31 ms, new workers serve plan abc'],
      ['d', 'APPLIED', 'weight 100 -> gone, nginx -t ok, reload 31 ms, new workers serve plan abc'],
    ]);
  });

  it('has a line for each instance of an upstream that went, and none while what is served is not known', () => {
    const users = { users: [server('u', 100)] };
    const two = view({ servers: { ...before.servers, ...users } });
    const lines = gatewayEntries(two, view({ servers: users, last: attempt(true) }), () => null, 9);
    expect(gatewayEntries(two, view({ last: attempt(true) }), () => null, 9)).to.deep.equal([]);
    expect(lines.map(({ instance, text }) => [instance, text.split(',')[0]])).to.deep.equal([
      ...['a', 'b', 'd'].map((instance) => [instance, 'weight 100 -> gone']),
    ]);
  });

  it('tells what was refused before it was in force from what had to be brought back', () => {
    const failed = (stage: 'test' | 'prove') => view({ last: { ...attempt(false), stage } });
    expect(gatewayEntries(before, failed('test'), () => null, null)[0]?.code).to.equal('REJECTED');
    expect(gatewayEntries(before, failed('prove'), () => null, null)[0]?.code).to.equal('ROLLED_BACK');
  });

  it('has one line for a failure, and none when nothing was attempted since', () => {
    const failed = view({ servers: before.servers, last: attempt(false) });
    const lines = gatewayEntries(before, failed, () => null, null);
    expect(lines.map(({ code, text }) => [code, text])).to.deep.equal([
      ['REJECTED', 'plan abc failed at test: host not found'],
    ]);
    expect(gatewayEntries(failed, failed, () => null, null)).to.deep.equal([]);
  });
});
