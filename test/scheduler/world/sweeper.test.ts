import { expect } from 'chai';
import { createLog } from '../../../lib/log.js';
import { type Control, controlSchema } from '../../../scheduler/client/index.js';
import { keptMs, Sweeper } from '../../../scheduler/world/sweeper.js';
import { KvMirror } from '../../../scheduler/world/mirror.js';
import { VirtualClock } from '../../fakes/clock.js';
import { FakeConsul } from '../../fakes/consul.js';

const log = createLog({ level: 'silent', name: 'test' });
const prefix = 'ballast/control/';
const minute = 60_000;

describe('what people said and what is long over', () => {
  let clock: VirtualClock;
  let consul: FakeConsul;
  let said: KvMirror<typeof controlSchema>;
  let held: boolean;
  let sweeper: Sweeper;

  beforeEach(() => {
    [clock, consul, held] = [new VirtualClock(), new FakeConsul(), true];
    said = new KvMirror(consul, prefix, controlSchema, log, () => undefined);
    const state = () => ({ held, token: 7, heldSince: 0, confirmedAtMono: 0, why: 'a test' });
    sweeper = new Sweeper({ said, lock: { state }, clock, log });
  });

  const by = { author: 'ann', reason: 'a test' } as const;
  const pause = (until: number | null): Control => ({ kind: 'pause', scope: 'all', ...by, since: 0, until });
  const drain = (until: number | null, restoredAt: number | null = null): Control => ({
    ...{ kind: 'drain', service: 'orders', instance: 'orders-1', ...by, since: 0, until, requests: [] },
    restored: restoredAt === null ? null : { ...by, at: restoredAt },
  });
  const order = (until: number): Control => ({
    ...{ kind: 'order', id: '1', service: 'orders', instance: 'orders-1', step: 'restart', ...by, at: 0, until },
    ...{ forced: false, requests: [] },
  });
  const approval = (until: number): Control => ({
    ...{ kind: 'approval', proposal: 'p', service: 'orders', instance: 'orders-1', step: 'restart', says: 'veto' },
    ...{ ...by, at: 0, until, snapshot: { because: '', zone: 'red', score: 1, verdicts: [] } },
  });
  const write = async (controls: Readonly<Record<string, Control>>): Promise<void> => {
    for (const [key, control] of Object.entries(controls))
      await consul.kv.put(prefix + key, JSON.stringify(controlSchema.encode(control)));
    await said.refresh();
  };
  const left = async (): Promise<string[]> => (await consul.kv.list(prefix)).map(({ key }) => key.slice(prefix.length));

  it('is taken out a day after its end; what holds, or may be asked for again, stays', async () => {
    const now = clock.now();
    const [long, lately] = [now - keptMs, now - keptMs + 1];
    await write({
      'pause/all': pause(long),
      'pause/service/a': pause(lately),
      'pause/service/b': pause(null),
      'mode/all': { kind: 'mode', scope: 'all', heal: 'observe', ...by, since: 0, until: long },
      'maintenance/all': { kind: 'maintenance', scope: 'all', ...by, since: 0, until: long },
      'drain/orders/1': drain(null),
      'drain/orders/2': drain(null, long),
      'drain/orders/3': drain(long),
      'drain/orders/4': drain(long, lately),
      'order/orders/1': order(long),
      'order/orders/2': order(lately),
      'approval/orders/1': approval(long),
      'approval/orders/2': approval(lately),
    });
    await sweeper.sweep();
    const stays = ['approval/orders/2', 'drain/orders/1', 'drain/orders/4', 'order/orders/2', 'pause/service/a', 'pause/service/b']; // prettier-ignore
    expect((await left()).sort()).to.deep.equal(stays);
  });

  it('is left alone by who does not lead, and where it cannot be read', async () => {
    await write({ 'pause/all': pause(0) });
    await consul.kv.put(`${prefix}pause/service/a`, 'nonsense');
    await said.refresh();
    held = false;
    await sweeper.sweep();
    expect(await left()).to.have.length(2);
    held = true;
    await sweeper.sweep();
    expect(await left()).to.deep.equal(['pause/service/a']);
  });

  it('stays when somebody said something new on the same key meanwhile', async () => {
    await write({ 'pause/all': pause(0) });
    // This scheduler has not heard of it yet.
    await consul.kv.put(`${prefix}pause/all`, JSON.stringify(controlSchema.encode(pause(null))));
    await sweeper.sweep();
    expect(await left()).to.deep.equal(['pause/all']);
    expect(said.get('pause/all')).to.have.nested.property('value.until', null);
    await sweeper.sweep();
    expect(await left()).to.deep.equal(['pause/all']);
  });

  it('is looked for every ten minutes, and Consul may be away', async () => {
    await write({ 'pause/all': pause(0) });
    const ending = new AbortController();
    const running = sweeper.run(ending.signal);
    consul.beforeWrite = () => {
      throw new Error('no leader');
    };
    await clock.advance(10 * minute);
    expect(await left()).to.have.length(1);
    consul.beforeWrite = () => undefined;
    await clock.advance(10 * minute - 1);
    expect(await left()).to.have.length(1);
    await clock.advance(1);
    expect(await left()).to.deep.equal([]);
    ending.abort();
    await running;
  });
});
