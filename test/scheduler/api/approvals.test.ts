import { expect } from 'chai';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import { BallastError } from '../../../lib/errors.js';
import { createLog } from '../../../lib/log.js';
import { serve } from '../../../lib/http/endpoints.js';
import { approvalEndpoints } from '../../../scheduler/api/approvals.js';
import type { Shown } from '../../../scheduler/api/views.js';
import { controlSchema, type Verdict } from '../../../scheduler/client/index.js';
import { approvalMs } from '../../../scheduler/consent.js';
import { decide } from '../../../scheduler/decide.js';
import type { NewEntry } from '../../../scheduler/journal/index.js';
import { KvMirror } from '../../../scheduler/world/mirror.js';
import { VirtualClock } from '../../fakes/clock.js';
import { FakeConsul } from '../../fakes/consul.js';
import { actingPolicy, anAction, aWorld } from '../../support/world.js';

const at = 1_000_000;
const asProblem: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (!(error instanceof BallastError)) return next(error);
  res.status(error.status ?? 500).json({ code: error.code, detail: error.message, hint: error.hint });
};

describe('what people say of proposals, over HTTP', () => {
  let consul: FakeConsul;
  let lines: NewEntry[];
  let shown: Shown;
  let server: Server;
  let url: string;

  /** One of five is red: the step that is proposed for it, with these verdicts. */
  const show = (verdicts: Verdict[]): void => {
    const world = aWorld(at)
      .service('orders', actingPolicy('orders', 'heal: {mode: suggest}\n'))
      .instance('orders-1', { zone: 'red' })
      .instances(4)
      .build();
    const fleet = { maxActions: 10, maxConcurrent: 1 };
    const first = decide(world, { services: new Map() }, fleet, at);
    shown = { world, at, decision: decide(world, first.memory, fleet, at, () => verdicts) };
  };

  beforeEach(async () => {
    const clock = new VirtualClock(at);
    consul = new FakeConsul();
    lines = [];
    const log = createLog({ level: 'silent', name: 'test' });
    const said = new KvMirror(consul, 'b/control/', controlSchema, log, () => undefined);
    await said.refresh();
    const app = express();
    app.use(express.json());
    const journal = { write: (entries: readonly NewEntry[]) => void lines.push(...entries) };
    serve(app, approvalEndpoints({ shown: () => shown, said, journal, clock }));
    app.use(asProblem);
    server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => server.close());

  const say = async (asked: string, what: string, body: unknown = { author: 'ana', reason: 'leak' }) => {
    const response = await fetch(`${url}/v1/actions/${encodeURIComponent(asked)}/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const waits: Verdict[] = [
    { code: 'DWELL', allowed: true, text: 'long enough' },
    { code: 'APPROVAL', allowed: false, text: 'a person decides' },
  ];

  it('lists proposals, and what only waits for a person', async () => {
    show(waits);
    const { proposals } = (await (await fetch(`${url}/v1/proposals`)).json()) as { proposals: object[] };
    expect(proposals).to.have.length(1);
    expect(proposals[0]).to.include({ id: `orders/orders-1/${at}/restart`, waits: true, allowed: false });
  });

  it('keeps an approval in Consul for fifteen minutes, with what it was said of, and writes it in the journal', async () => {
    show(waits);
    const { status, body } = await say('orders-1', 'approve');
    expect(status).to.equal(200);
    expect(body).to.deep.include({
      ...{ proposal: `orders/orders-1/${at}/restart`, says: 'approve', author: 'ana', reason: 'leak' },
      until: new Date(at + approvalMs).toISOString(),
    });
    expect(body['snapshot']).to.deep.include({ zone: 'red', verdicts: waits });
    expect(consul.writes).to.deep.equal(['b/control/approval/orders/orders-1']);
    expect(lines.map(({ kind, code, text }) => ({ kind, code, text }))).to.deep.equal([
      { kind: 'human', code: 'APPROVED', text: 'ana approved restart: leak' },
    ]);
  });

  it('turns an approval down where another guardrail refuses, with its code and numbers', async () => {
    show([...waits, { code: 'MIN_AVAILABLE', allowed: false, text: 'needs 3 available, has 2' }]);
    const { status, body } = await say('orders/orders-1', 'approve');
    expect(status).to.equal(409);
    expect(body).to.include({ code: 'MIN_AVAILABLE' });
    expect(body['detail']).to.contain('needs 3 available, has 2');
    expect(consul.writes).to.deep.equal([]);
  });

  it('takes a word where this scheduler does not lead, or the runtime was not asked yet, and says that one is waited for', async () => {
    const fleet = { maxActions: 10, maxConcurrent: 1 };
    const world = aWorld(at)
      .service('orders', actingPolicy('orders', 'heal: {mode: suggest}\n'))
      .instance('orders-1', { zone: 'red', up: 'down' })
      .instances(4)
      .build();
    const { memory } = decide(world, { services: new Map() }, fleet, at);
    const standby = { held: false, token: null, heldSince: null, confirmedAgoMs: null, why: 'b holds the lock' };
    const later = at + 60_000;
    const scores = world.services.map((service) => ({ ...service.scores, engineNow: later, ageMs: -60_000 }));
    const services = world.services.map((service, nth) => ({ ...service, scores: scores[nth] ?? service.scores }));
    const seen = { ...world, services, lead: standby };
    shown = { world: seen, at: later, decision: decide(seen, memory, fleet, later) };
    const [proposal] = shown.decision.plan.services[0]?.proposals ?? [];
    expect(proposal?.verdicts.filter(({ allowed }) => !allowed).map(({ code }) => code)).to.deep.equal([
      ...['NO_QUORUM', 'FENCED', 'NEW_LEADER', 'APPROVAL', 'RUNTIME_UNREADABLE'],
    ]);
    expect(proposal?.waits).to.equal(true);
    expect((await say('orders-1', 'approve')).status).to.equal(200);
  });

  it('a veto is taken whatever the guardrails say, and of a step under way until the runtime is told', async () => {
    show([...waits, { code: 'PANIC', allowed: false, text: 'few' }]);
    expect((await say('orders-1', 'veto')).body).to.include({ says: 'veto' });
    expect(lines.map(({ code }) => code)).to.deep.equal(['VETOED']);
    const [service] = shown.world.services;
    if (!service) throw new Error('no service');
    const underWay = (phase: 'draining' | 'stepping') => {
      const ledger = { token: 7, open: [anAction({ id: 'orders/orders-1/5', phase })], closed: [] };
      shown = { ...shown, world: { ...shown.world, services: [{ ...service, ledger }] } };
    };
    underWay('draining');
    expect((await say('orders/orders-1/5', 'veto')).body).to.include({ proposal: `orders/orders-1/${at}/restart` });
    underWay('stepping');
    expect(await say('orders/orders-1/5', 'veto')).to.deep.include({ status: 409 });
  });

  it('takes no word on what a person ordered, waiting or under way: it would hold nothing', async () => {
    show(waits);
    const [service] = shown.world.services;
    const [plan] = shown.decision.plan.services;
    if (!service || !plan) throw new Error('no service');
    const action = anAction({
      id: 'orders/orders-1/5',
      phase: 'draining',
      by: { kind: 'human', author: 'ana', reason: 'leak', order: 'x', forced: false },
    });
    const ledger = { token: 7, open: [action], closed: [] };
    const seen = shown;
    shown = { ...seen, world: { ...seen.world, services: [{ ...service, ledger }] } };
    expect(await say('orders-1', 'veto')).to.deep.include({ status: 409 });
    const proposals = plan.proposals.map((one) => ({ ...one, order: 'x', id: 'orders/orders-1/order/x' }));
    shown = {
      ...seen,
      decision: { ...seen.decision, plan: { ...seen.decision.plan, services: [{ ...plan, proposals }] } },
    };
    for (const word of ['veto', 'approve']) {
      const { status, body } = await say('orders-1', word);
      expect(status, word).to.equal(409);
      expect(body['hint']).to.include('ballast restore orders/orders-1');
    }
    expect(consul.writes).to.deep.equal([]);
    expect(lines).to.deep.equal([]);
  });

  it('says what waits when asked for something else, and writes nothing on a dry run or without a reason, and only then', async () => {
    show(waits);
    expect((await say('users-1', 'approve')).body).to.include({
      code: 'NOT_FOUND',
      hint: `what waits: orders/orders-1/${at}/restart`,
    });
    expect((await say('orders-1', 'approve', { author: 'ana', reason: ' ' })).status).to.equal(400);
    expect((await say('orders-1', 'approve?dry_run')).status).to.equal(200);
    expect((await say('orders-1', 'veto?dry_run=true')).status).to.equal(200);
    expect((await say('orders-1', 'approve?dry_run=perhaps')).status).to.equal(400);
    expect(consul.writes).to.deep.equal([]);
    expect(lines).to.deep.equal([]);
    expect((await say('orders-1', 'approve?dry_run=false')).status).to.equal(200);
    expect(consul.writes).to.deep.equal(['b/control/approval/orders/orders-1']);
  });
});
