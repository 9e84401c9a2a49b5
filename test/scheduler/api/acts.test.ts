import { expect } from 'chai';
import type { ServiceName } from '../../../config/index.js';
import { serve } from '../../../lib/http/endpoints.js';
import type { Listening } from '../../../lib/http/server.js';
import { createLog } from '../../../lib/log.js';
import { actEndpoints } from '../../../scheduler/api/act-endpoints.js';
import { Acts } from '../../../scheduler/api/acts.js';
import type { Shown } from '../../../scheduler/api/views.js';
import { type Action, controlSchema, type Controls, noControls } from '../../../scheduler/client/index.js';
import { decide } from '../../../scheduler/decide.js';
import { foresee } from '../../../scheduler/foresee.js';
import type { Journal, NewEntry } from '../../../scheduler/journal/index.js';
import { KvMirror } from '../../../scheduler/world/mirror.js';
import { controlsIn } from '../../../scheduler/world/controls.js';
import { VirtualClock } from '../../fakes/clock.js';
import { FakeConsul } from '../../fakes/consul.js';
import { listenTo } from '../../support/api.js';
import { actingPolicy, anAction, aWorld, type WorldBuilder } from '../../support/world.js';

const log = createLog({ level: 'silent', name: 'test' });
const now = Date.parse('2026-11-26T12:00:00Z');
const fleet = { maxActions: 10, maxConcurrent: 1 };
const ana = { author: 'ana', reason: 'leaks' };

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

describe('acts by people over HTTP', () => {
  let server: Listening;
  let consul: FakeConsul;
  let said: KvMirror<typeof controlSchema>;
  let lines: NewEntry[];
  let closed: Action[];
  let story: (world: WorldBuilder) => WorldBuilder;
  let lead: boolean;
  let services: () => readonly ServiceName[];

  /** The world with what is in Consul, as every scheduler sees it. */
  const shown = (): Shown => {
    const controls: Controls = controlsIn(said.all().values(), now) ?? noControls;
    const policy = actingPolicy('orders', 'guardrails: {min_available: 2}\nprotected: [orders-3]\n');
    const told = story(aWorld(now).service('orders', policy).instances(3)).ledger({ closed });
    const world = told.service('users').instances(2).instance('same').service('mail').instances(2).instance('same');
    const built = world
      .lead({ held: lead, token: lead ? 7 : null })
      .said(controls)
      .build();
    const first = decide(built, { services: new Map() }, fleet, now);
    return { world: built, decision: first, at: now };
  };
  const ask = async (
    path: string,
    body: unknown = ana,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> => {
    const answer = await fetch(`${server.url}/v1/instances/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as Answer['body'] };
  };

  beforeEach(async () => {
    consul = new FakeConsul();
    [lines, closed, lead] = [[], [], true];
    story = (world) => world;
    services = () => shown().world.services.map(({ policy }) => policy.service);
    said = new KvMirror(consul, 'b/control/', controlSchema, log, () => undefined);
    await said.refresh();
    const journal: Pick<Journal, 'write'> = { write: (entries) => lines.push(...entries) };
    const acts = new Acts({
      ...{ said, journal, clock: new VirtualClock(now) },
      foresee: ({ world, decision, at }, act) => foresee({ world, memory: decision.memory, fleet, now: at }, act),
    });
    server = await listenTo((express) => serve(express, actEndpoints({ acts, services: () => services(), shown })));
  });
  afterEach(() => server.close());

  it('a drain is kept in Consul, answered with its index and verdicts, and told with author and reason', async () => {
    const { status, body } = await ask('orders/orders-1/drain', { ...ana, until: '2026-11-26T13:00:00.000Z' });
    expect(status).to.equal(202);
    expect(body).to.deep.include({ act: 'drain', service: 'orders', instance: 'orders-1', dryRun: false });
    expect(body['index']).to.equal(said.get('drain/orders/orders-1').kind === 'value' ? body['index'] : 'absent');
    expect(consul.writes).to.deep.equal(['b/control/drain/orders/orders-1']);
    expect(lines.map(({ kind, code, text }) => ({ kind, code, text }))).to.deep.equal([
      { kind: 'human', code: 'DRAINED', text: 'ana drained it until 2026-11-26T13:00:00.000Z: leaks' },
    ]);
  });

  it('any scheduler takes it, leader or not', async () => {
    lead = false;
    expect((await ask('orders-1/drain')).status).to.equal(202);
    expect((await ask('orders-1/restart')).status).to.equal(202);
  });

  it('a drain that would leave too few is refused at once with the numbers, forced or not', async () => {
    story = (world) => world.instance('orders-4', { zone: 'red' });
    expect((await ask('orders-1/drain')).status).to.equal(202);
    for (const forced of [false, true]) {
      const { status, body } = await ask('orders-2/drain', { ...ana, forced });
      expect(status).to.equal(409);
      expect(body['code']).to.equal('MIN_AVAILABLE');
      expect(body['detail']).to.contain('2 in rotation (minimum 2)');
    }
    expect(consul.writes).to.have.length(1);
  });

  it('a dry run answers with every verdict and what would be, and writes nothing', async () => {
    const order = await ask('orders-1/restart?dry_run');
    expect(order.status).to.equal(200);
    expect(order.body).to.deep.include({ dryRun: true, allowed: true });
    expect(order.body['verdicts']).to.have.length.greaterThan(25);
    const drain = await ask('orders-1/drain?dry_run=true');
    expect(drain.body).to.deep.include({ dryRun: true, allowed: true, lifecycle: 'out' });
    const held = await ask('orders-3/restart?dry_run');
    expect(held.body).to.deep.include({ dryRun: true, allowed: false });
    expect([consul.writes, lines]).to.deep.equal([[], []]);
  });

  it('an order is refused with the guardrail, and taken when it is forced', async () => {
    const { status, body } = await ask('orders-3/restart');
    expect([status, body['code']]).to.deep.equal([409, 'PROTECTED']);
    expect(body['verdicts']).to.have.length(1);
    const forced = await ask('orders-3/restart', { ...ana, forced: true });
    expect(forced.status).to.equal(202);
    expect(lines[0]?.text).to.equal('ana ordered restart, forced: leaks');
    expect(forced.body).to.have.nested.property('order.until', '2026-11-26T12:10:00.000Z');
  });

  it('what the file does not say how to do is refused with the reason', async () => {
    const { status, body } = await ask('orders-1/gentle');
    expect([status, body['code']]).to.deep.equal([409, 'LADDER_SPENT']);
    expect(body['detail']).to.contain('names no gentle step');
  });

  it('one order at a time; another in its place needs the index of the first', async () => {
    const first = await ask('orders-1/restart');
    const second = await ask('orders-1/replace');
    expect([second.status, second.body['code']]).to.deep.equal([409, 'ORDER_PENDING']);
    expect(second.body['index']).to.equal(first.body['index']);
    expect((await ask(`orders-1/replace?cas=${String(first.body['index'])}`)).status).to.equal(202);
    const stale = await ask(`orders-1/restart?cas=${String(first.body['index'])}`);
    expect([stale.status, stale.body['code']]).to.deep.equal([409, 'CAS_MISMATCH']);
    expect((await ask('orders-1/drain?cas=0')).status).to.equal(202);
    expect((await ask('orders-1/drain?cas=0')).body['code']).to.equal('CAS_MISMATCH');
  });

  it('the same key is the same act, on any scheduler and after it was begun, and never a second one', async () => {
    const key = { 'idempotency-key': 'k1' };
    const first = await ask('orders-1/restart', ana, key);
    const again = await ask('orders-1/restart', ana, key);
    expect(again.status).to.equal(202);
    expect(again.body['id']).to.equal(first.body['id']);
    expect([consul.writes.length, lines.length]).to.deep.equal([1, 1]);
    const other = await ask('orders-1/restart', { ...ana, reason: 'another' }, key);
    expect([other.status, other.body['code']]).to.deep.equal([422, 'IDEMPOTENCY_KEY_REUSED']);
    const by = { kind: 'human', ...ana, order: String(first.body['id']), forced: false } as const;
    closed = [anAction({ phase: 'closed', outcome: 'verified', by })];
    await consul.kv.delete('b/control/order/orders/orders-1');
    const later = await ask('orders-1/restart', ana, key);
    expect([later.status, later.body['id']]).to.deep.equal([202, first.body['id']]);
    expect(consul.under('b/control/')).to.deep.equal([]);
  });

  it('restore ends a drain and withdraws an order; a late repetition of the drain does not drain again', async () => {
    const key = { 'idempotency-key': 'd1' };
    await ask('orders-1/drain', ana, key);
    await ask('orders-1/restart');
    expect((await ask('orders-1/restore', { author: 'ben', reason: 'done' })).status).to.equal(202);
    expect(consul.under('b/control/order/')).to.deep.equal([]);
    expect(lines.at(-1)?.text).to.equal('ben restored it: done');
    expect(controlsIn(said.all().values(), now)?.drains[0]).to.have.nested.property('restored.author', 'ben');
    expect((await ask('orders-1/drain', ana, key)).status).to.equal(202);
    expect(controlsIn(said.all().values(), now)?.drains[0]).to.have.nested.property('restored.author', 'ben');
    const nothing = await ask('orders-1/restore');
    expect([nothing.status, nothing.body['code']]).to.deep.equal([409, 'NOT_OUT']);
  });

  it('lists what was said, each with its index and how far it is', async () => {
    const { body } = await ask('orders-1/restart');
    const list = (await (await fetch(`${server.url}/v1/acts`)).json()) as Answer['body'];
    expect(list).to.have.nested.property('orders[0].state', 'waits');
    expect(list).to.have.nested.property('orders[0].index', body['index']);
  });

  it('says what the others would bear without a drained one, warns where it is too much, and drains it all the same', async () => {
    const policy = actingPolicy(
      'busy',
      'metrics: {cpu: {query: cpu, good: 50%, critical: 90%}}\nguardrails: {headroom: cpu}\n',
    );
    for (const [load, text] of [
      [0.4, 'cpu 0.4 shared among 2 leaves the most loaded at 0.6 (limit 0.9)'],
      [0.7, 'WARNING: cpu 0.7 shared among 2 leaves the most loaded at 1.05 (limit 0.9); a drain is done all the same'],
    ] as const) {
      story = (world) => world.service('busy', policy).instances(3, { load }).service('other');
      const { status, body } = await ask('busy/busy-1/drain?dry_run');
      expect([status, body['allowed']]).to.deep.equal([200, true]);
      expect(body['verdicts']).to.deep.include({ code: 'HEADROOM', allowed: true, text });
    }
    expect((await ask('orders-1/drain?dry_run')).body['verdicts']).to.have.length(1);
  });

  it('refuses an order where the ledger cannot be read, which nobody would look at', async () => {
    story = (world) => world.service('blank').instances(3).ledger(null).service('other');
    const text = 'the ledger could not be read';
    expect((await ask('blank/blank-1/restart?dry_run')).body).to.deep.include({ allowed: false });
    const { status, body } = await ask('blank/blank-1/restart');
    expect([status, body['code']]).to.deep.equal([409, 'UNVERIFIED']);
    expect(body['detail']).to.contain(text);
    expect((await ask('blank/blank-1/drain')).status).to.equal(202);
  });

  it('says of an instance that Consul may not have named yet that it cannot tell, not that there is none', async () => {
    story = (world) => world.service('payments').undiscovered();
    expect(await ask('payments-1/drain')).to.deep.include({ status: 503 });
    expect((await ask('payments/payments-1/drain')).body).to.include({
      code: 'NOT_READY',
      detail: 'no answer from Consul yet for payments',
    });
    expect((await ask('orders/order-1/drain')).status).to.equal(404);
  });

  it('says the same of a service that was just added, of which nothing was decided yet', async () => {
    services = () => ['orders', 'users', 'payments'].map((name) => actingPolicy(name).service);
    expect(await ask('payments/payments-1/drain')).to.deep.include({ status: 503 });
    expect((await ask('payments-1/restart')).body).to.include({
      code: 'NOT_READY',
      detail: 'no answer from Consul yet for payments',
    });
    expect((await ask('orders/orders-9/drain')).body).to.include({ code: 'NOT_FOUND' });
    expect((await ask('nobody/users-1/drain')).body).to.include({ code: 'NOT_FOUND' });
  });

  for (const [what, path, body, headers, status, code] of [
    ['an unknown instance', 'order-1/drain', ana, {}, 404, 'NOT_FOUND'],
    ['a name that two services have', 'same/drain', ana, {}, 409, 'AMBIGUOUS_NAME'],
    ['no reason', 'orders-1/drain', { author: 'ana' }, {}, 400, 'INVALID_REQUEST'],
    ['an unknown key', 'orders-1/drain', { ...ana, for: '1h' }, {}, 400, 'INVALID_REQUEST'],
    ['an end in the past', 'orders-1/drain', { ...ana, until: '2026-11-26T11:00:00Z' }, {}, 400, 'INVALID_REQUEST'],
    [
      'an order for tomorrow',
      'orders-1/restart',
      { ...ana, until: '2026-11-27T11:00:00Z' },
      {},
      400,
      'INVALID_REQUEST',
    ],
    ['an index that is none', 'orders-1/drain?cas=x', ana, {}, 400, 'INVALID_REQUEST'],
    ['an unknown parameter', 'orders-1/drain?force=1', ana, {}, 400, 'INVALID_REQUEST'],
    ['a key with blanks', 'orders-1/drain', ana, { 'idempotency-key': 'a b' }, 400, 'INVALID_REQUEST'],
  ] as const)
    it(`refuses ${what}`, async () => {
      const answer = await ask(path, body, headers);
      expect([answer.status, answer.body['code']]).to.deep.equal([status, code]);
      expect(consul.writes).to.deep.equal([]);
    });

  it('is refused with what to do while Consul is away', async () => {
    consul.beforeWrite = () => {
      throw new Error('refused');
    };
    const { status, body } = await ask('orders-1/drain');
    expect([status, body['code']]).to.deep.equal([503, 'CONSUL_UNAVAILABLE']);
    expect(lines).to.deep.equal([]);
  });
});
