import { expect } from 'chai';
import { systemClock } from '../../../lib/clock.js';
import { createConsul } from '../../../lib/consul/client.js';
import { createLock, type Lock, type LockState } from '../../../lib/consul/lock.js';
import type { ConsulAccess, KvEntry } from '../../../lib/consul/types.js';
import { VirtualClock } from '../../fakes/clock.js';
import { type RunningConsul, startConsul } from '../../support/consul.js';
import { eventually } from '../../support/eventually.js';
import { hearLog } from '../../support/log.js';
import { describeWith } from '../../support/parts.js';

const times = { ttlMs: 10_000, renewMs: 1_000, lockDelayMs: 1_000 };

interface Contender {
  readonly lock: Lock;
  readonly changes: LockState[];
  /** Gives the lock back, if it has it. */
  leave(): Promise<void>;
}

describeWith('consul', 'a lock in a real Consul', function () {
  this.timeout(60_000);
  let agent: RunningConsul;
  const everyone: Contender[] = [];
  const connections: ConsulAccess[] = [];
  before(async () => {
    agent = await startConsul();
  });
  afterEach(() => Promise.all(everyone.splice(0).map((contender) => contender.leave())));
  after(async () => {
    for (const consul of connections) consul.close();
    await agent.stop();
  });

  const connect = (): ConsulAccess => {
    const consul = createConsul({ url: agent.url, token: null, datacenter: null });
    connections.push(consul);
    return consul;
  };
  const contend = (key: string, value: string, consul = connect(), over: Partial<typeof times> = {}): Contender => {
    const lock = createLock({ consul, key, value, ...times, ...over, clock: systemClock, log: hearLog().log });
    const changes: LockState[] = [];
    lock.onChange((state) => changes.push(state));
    const ending = new AbortController();
    const done = lock.run(ending.signal);
    const contender = { lock, changes, leave: () => (ending.abort(), done) };
    everyone.push(contender);
    return contender;
  };
  const held = ({ lock }: Contender): Promise<LockState> =>
    eventually(() => {
      const state = lock.state();
      return state.held ? state : false;
    });

  it('is held by one of two, whose name the other one knows', async () => {
    const [one, two] = [contend('l/two', 'one'), contend('l/two', 'two')];
    const [holder, other] = await eventually(() => {
      if (one.lock.state().held) return [one, two] as const;
      return two.lock.state().held ? ([two, one] as const) : false;
    });
    const value = (await connect().kv.get('l/two'))?.value ?? '?';
    await eventually(() =>
      expect(other.lock.state()).to.include({ held: false, token: null, why: `${value} holds the lock` }),
    );
    const entry = await connect().kv.getConsistent('l/two');
    expect(holder.lock.state().token).to.equal(entry?.modifyIndex);
    expect(holder.changes.map((state) => state.held)).to.deep.equal([true]);
    expect(other.changes).to.deep.equal([]);
  });

  it('goes over at once when it is given back, without the lock-delay, under a higher token', async () => {
    const one = contend('l/over', 'one', connect(), { lockDelayMs: 15_000 });
    const before = await held(one);
    const two = contend('l/over', 'two', connect(), { lockDelayMs: 15_000 });
    await eventually(() => expect(two.lock.state().why).to.equal('one holds the lock'));
    await one.leave();
    expect(one.lock.state()).to.include({ held: false, token: null, why: 'has given the lock back' });
    const after = await held(two);
    expect(after.token).to.be.greaterThan(before.token ?? Infinity);
    expect(one.changes.map((state) => state.held)).to.deep.equal([true, false]);
  });

  it('is confirmed again and again under the same token, never older than a renewal', async () => {
    const one = contend('l/renew', 'one', connect(), { renewMs: 300 });
    const first = await held(one);
    const later = await eventually(() => {
      const state = one.lock.state();
      return (state.confirmedAtMono ?? 0) > (first.confirmedAtMono ?? Infinity) + 600 ? state : false;
    });
    expect(later).to.include({ token: first.token, heldSince: first.heldSince, held: true });
    expect(one.changes).to.have.length(1);
  });

  it('is lost as soon as somebody ends the session, and taken again under a higher token', async () => {
    const one = contend('l/ended', 'one');
    const before = await held(one);
    const consul = connect();
    const { session } = (await consul.kv.getConsistent('l/ended')) as KvEntry;
    await consul.session.destroy(session ?? '');
    await eventually(() => expect(one.changes.map((state) => state.held)).to.deep.equal([true, false]));
    const after = await held(one);
    expect(after.token).to.be.greaterThan(before.token ?? Infinity);
  });

  it('is lost when somebody deletes the key, and taken again', async () => {
    const one = contend('l/deleted', 'one');
    const before = await held(one);
    await connect().kv.delete('l/deleted');
    const after = await eventually(() => {
      const state = one.lock.state();
      return state.held && state.token !== before.token ? state : false;
    });
    expect(after.token).to.be.greaterThan(before.token ?? Infinity);
    expect(one.changes.map((state) => state.held)).to.deep.equal([true, false, true]);
  });

  it('keeps its token when somebody writes over the key without taking it', async () => {
    const one = contend('l/written', 'one', connect(), { renewMs: 300 });
    const before = await held(one);
    await connect().kv.put('l/written', 'vandal');
    const confirmed = one.lock.state().confirmedAtMono ?? Infinity;
    await eventually(() => (one.lock.state().confirmedAtMono ?? 0) > confirmed + 300);
    expect(one.lock.state()).to.include({ held: true, token: before.token });
  });

  it('is held again after the agent has lost everything', async () => {
    const own = await startConsul();
    const consul = createConsul({ url: own.url, token: null, datacenter: null });
    const one = contend('l/restart', 'one', consul);
    await held(one);
    await own.restart();
    await eventually(() => expect(one.changes.map((state) => state.held)).to.deep.equal([true, false, true]), {
      timeoutMs: 15_000,
    });
    await one.leave();
    consul.close();
    await own.stop();
  });
});

describe('long: a lock whose holder was killed', function () {
  this.timeout(90_000);

  it('goes over after its session has expired and the lock-delay has passed, never before', async () => {
    const agent = await startConsul();
    const consul = createConsul({ url: agent.url, token: null, datacenter: null });
    const session = await consul.session.create({ name: 'killed', ttlMs: times.ttlMs, lockDelayMs: times.lockDelayMs });
    expect(await consul.kv.put('l/killed', 'killed', { acquire: session })).to.equal(true);
    const token = (await consul.kv.get('l/killed'))?.modifyIndex ?? Infinity;
    const since = systemClock.mono();
    const lock = createLock({
      consul,
      key: 'l/killed',
      value: 'heir',
      ...times,
      clock: systemClock,
      log: hearLog().log,
    });
    const ending = new AbortController();
    const done = lock.run(ending.signal);
    await eventually(() => lock.state().held, { timeoutMs: 60_000, everyMs: 100 });
    expect(systemClock.mono() - since).to.be.greaterThan(times.ttlMs);
    expect(lock.state().token).to.be.greaterThan(token);
    ending.abort();
    await done;
    consul.close();
    await agent.stop();
  });
});

/** A Consul of one key and one session, which can fall silent. */
class FakeConsul {
  silent = false;
  entry: KvEntry | null = null;
  #index = 10;
  readonly calls: string[] = [];

  constructor(private readonly clock: VirtualClock) {}

  access(): ConsulAccess {
    const answer = <T>(name: string, value: () => T): Promise<T> => {
      this.calls.push(name);
      return this.silent ? Promise.reject(new Error('no answer')) : Promise.resolve(value());
    };
    const not = (): Promise<never> => Promise.reject(new Error('not part of the lock'));
    return {
      url: 'fake',
      close: () => undefined,
      health: not,
      watchHealth: not,
      watchServices: not,
      watchKv: not,
      session: {
        create: () => answer('create', () => 's1'),
        renew: () => answer('renew', () => true),
        destroy: () => answer('destroy', () => undefined),
      },
      kv: {
        get: not,
        list: not,
        delete: not,
        getConsistent: () => answer('read', () => this.entry),
        wait: async (_key, _index, waitMs, signal) => {
          await this.clock.sleep(waitMs, signal);
          return answer('wait', () => ({ entry: this.entry, index: this.#index }));
        },
        put: (key, value, { acquire, release } = {}) =>
          answer(release ? 'release' : 'acquire', () => this.#take(key, value, acquire ?? null)),
      },
    };
  }

  #take(key: string, value: string, session: string | null): boolean {
    this.#index += 1;
    this.entry = { key, value, modifyIndex: this.#index, lockIndex: 1, session, flags: 0 };
    return true;
  }
}

describe('a lock while Consul is silent', () => {
  const create = () => {
    const clock = new VirtualClock();
    const fake = new FakeConsul(clock);
    const { log, lines } = hearLog();
    const options = {
      consul: fake.access(),
      key: 'l',
      value: 'one',
      ttlMs: 15_000,
      renewMs: 5_000,
      lockDelayMs: 15_000,
    };
    const lock = createLock({ ...options, clock, log });
    const changes: boolean[] = [];
    const whys: string[] = [];
    lock.onChange(({ held, why }) => {
      changes.push(held);
      whys.push(why);
    });
    const ending = new AbortController();
    const done = lock.run(ending.signal);
    return { clock, fake, lock, lines, changes, whys, stop: () => (ending.abort(), done) };
  };

  it('is confirmed no longer, then counts as lost after the TTL, and comes back under its token', async () => {
    const { clock, fake, lock, changes, whys, lines, stop } = create();
    await clock.advance(10_000);
    const before = lock.state();
    expect(before.held).to.equal(true);
    fake.silent = true;
    await clock.advance(10_000);
    expect(lock.state()).to.include({ held: true, token: before.token });
    expect(clock.mono() - (lock.state().confirmedAtMono ?? 0)).to.be.greaterThan(9_000);
    expect(lock.state().why).to.equal('cannot be confirmed: no answer');
    expect(lock.trouble()).to.equal('no answer');
    await clock.advance(20_000);
    expect(lock.state()).to.include({ held: false, token: null, heldSince: null });
    expect(whys[1]).to.include('not confirmed for more than 15000 ms');
    expect(changes).to.deep.equal([true, false]);
    fake.silent = false;
    await clock.advance(10_000);
    expect(lock.state()).to.include({ held: true, token: before.token });
    expect(lock.trouble()).to.equal(null);
    expect(lock.state().heldSince).to.be.greaterThan(before.heldSince ?? Infinity);
    expect(changes).to.deep.equal([true, false, true]);
    expect(lines.filter((line) => line['msg'] === 'the lock cannot be confirmed')).to.have.length(1);
    await stop();
  });

  it('is not held one moment longer than the TTL, even if nothing runs that could notice', async () => {
    const { clock, fake, lock, stop } = create();
    await clock.advance(100);
    fake.silent = true;
    const confirmed = lock.state().confirmedAtMono ?? 0;
    await clock.advance(confirmed + 15_000 - clock.mono());
    expect(lock.state().held).to.equal(true);
    const late = clock.advance(1);
    await late;
    expect(lock.state().held).to.equal(false);
    await stop();
  });

  it('renews well within the interval while all is well', async () => {
    const { clock, fake, lock, stop } = create();
    await clock.advance(1);
    for (let second = 0; second < 60; second++) {
      await clock.advance(1_000);
      expect(clock.mono() - (lock.state().confirmedAtMono ?? -Infinity)).to.be.at.most(5_000);
    }
    expect(fake.calls.filter((name) => name === 'renew').length).to.be.within(12, 20);
    await stop();
  });

  it('gives back the key before it ends the session', async () => {
    const { clock, fake, stop } = create();
    await clock.advance(100);
    await stop();
    expect(fake.calls.slice(-2)).to.deep.equal(['release', 'destroy']);
  });

  it('ends although Consul is silent, and says so', async () => {
    const { clock, fake, lines, stop } = create();
    await clock.advance(100);
    fake.silent = true;
    await stop();
    expect(lines.at(-1)).to.include({ msg: 'the lock could not be given back; it ends with its session' });
  });
});

describe('the times of a lock', () => {
  const wrong: [string, Partial<typeof times>][] = [
    ['a TTL that Consul refuses', { ttlMs: 9_999 }],
    ['a renewal that is lost once too often', { renewMs: 6_000 }],
    ['no renewal', { renewMs: 0 }],
    ['no lock-delay', { lockDelayMs: 0 }],
    ['a lock-delay of 1 ms', { lockDelayMs: 1 }],
  ];
  for (const [name, over] of wrong)
    it(`are refused: ${name}`, () => {
      const clock = new VirtualClock();
      const consul = new FakeConsul(clock).access();
      const options = { consul, key: 'l', value: 'v', ...times, ...over, clock, log: hearLog().log };
      expect(() => createLock(options)).to.throw('make no safe lock');
    });
});
