/** What people say, from the command line, against a fake scheduler that speaks the wire schemas. */
import { expect } from 'chai';
import { z } from 'zod';
import { run } from '../../cli/run.js';
import {
  actionSchema,
  actResponseSchema,
  instanceViewSchema,
  journalEntrySchema,
  maintenanceResponseSchema,
  maintenanceSchema,
  modesResponseSchema,
} from '../../scheduler/client/index.js';
import type { Action, ActResponse, InstanceView, JournalEntry } from '../../scheduler/client/index.js';
import { type FakeService, startFakeService } from '../fakes/service.js';
import { ioWith } from '../support/io.js';
import { action, instances, maintenance, modes, noon } from '../support/wire.js';

const since = new Date(noon).toISOString();
const kept = (body: unknown, more: object): unknown => ({ ...(body as object), since, ...more });

describe('what people say on the command line', () => {
  let scheduler: FakeService;
  let out = '';
  let err = '';

  const ballast = (...args: string[]): Promise<number> => {
    out = '';
    err = '';
    const io = ioWith({ out: (text) => void (out += text), err: (text) => void (err += text), user: 'ana' });
    return run(['--scheduler', scheduler.url, ...args], io);
  };

  before(async () => {
    scheduler = await startFakeService({
      'GET /v1/maintenance': () => ({ body: z.encode(maintenanceResponseSchema, maintenance) }),
      'POST /v1/maintenance': (body) => ({
        status: 201,
        body: z.encode(maintenanceSchema, {
          ...{ kind: 'maintenance', scope: 'service/orders', author: 'ana', reason: 'disks', since: noon },
          until: Date.parse((body as { until: string }).until),
        }),
      }),
      'DELETE /v1/maintenance': () => ({ body: { scope: 'all' } }),
      'GET /v1/mode': () => ({ body: z.encode(modesResponseSchema, modes) }),
      'PUT /v1/mode/orders': (body) => ({ body: kept(body, { kind: 'mode', scope: 'service/orders' }) }),
    });
  });
  after(() => scheduler.stop());

  it('maintenance lists what is declared and each window, open or when it begins next', async () => {
    expect(await ballast('maintenance')).to.equal(0);
    expect(out)
      .to.match(/^orders +open +\S+ \S+ +- +ana +disks$/m)
      .and.to.match(/^all +closed +- +\S+ \S+ +"0 2 \* \* 0" UTC, for 2h +patch night$/m);
    expect(await ballast('maintenance', '-o', 'json')).to.equal(0);
    expect(JSON.parse(out)).to.have.nested.property('[1].next', '2099-01-04T02:00:00.000Z');
  });

  it('maintenance with a scope begins one, with "end" ends it', async () => {
    const said = ['--reason', 'disks', '--until', '2099-01-01T00:00:00Z'];
    expect(await ballast('maintenance', 'orders', ...said)).to.equal(0);
    expect(err).to.match(/^orders is in maintenance until /);
    expect(scheduler.asked.at(-1)?.body).to.deep.equal({
      ...{ scope: 'orders', author: 'ana', reason: 'disks', until: '2099-01-01T00:00:00.000Z' },
    });
    expect(await ballast('maintenance', 'end', 'orders')).to.equal(0);
    expect(scheduler.asked.at(-1)?.request).to.equal('DELETE /v1/maintenance?scope=orders&author=ana');
  });

  for (const wrong of [
    'maintenance end',
    'maintenance orders',
    'maintenance orders users --reason x',
    'maintenance --reason x',
    'maintenance orders --reason x --for soon',
    'mode orders kill --reason x',
    'mode orders observe',
  ])
    it(`${wrong}: is refused with what to write`, async () => {
      const asked = scheduler.asked.length;
      expect(await ballast(...wrong.split(' '))).to.equal(64);
      expect(err).to.match(/^ballast: .+\n {2}.+/);
      expect(scheduler.asked).to.have.length(asked);
    });

  it('mode shows what each service may, and sets the most', async () => {
    expect(await ballast('mode')).to.equal(0);
    expect(out).to.match(/^orders +act +observe +observe by ana: odd$/m);
    expect(await ballast('mode', 'orders', 'suggest', '--reason', 'odd')).to.equal(0);
    expect(err).to.equal('orders may suggest at most\n');
    expect(scheduler.asked.at(-1)?.body).to.deep.equal({ heal: 'suggest', author: 'ana', reason: 'odd', until: null });
  });
});

describe('what people do on the command line', () => {
  let scheduler: FakeService;
  let out = '';
  let err = '';
  let lifecycle: InstanceView['lifecycle'] = 'draining';
  let outcome: Action['outcome'] = null;
  let stop = new AbortController();
  const drain: ActResponse['drain'] = {
    ...{ kind: 'drain', service: 'orders', instance: 'orders-1', author: 'ana', reason: 'heap dump' },
    ...{ since: noon, until: null, restored: null, requests: [] },
  };
  const order: ActResponse['order'] = {
    ...{ kind: 'order', id: 'o1', service: 'orders', instance: 'orders-1', step: 'restart', author: 'ana' },
    ...{ reason: 'leaks', at: noon, until: Date.parse('2099-01-01T00:00:00Z'), forced: false, requests: [] },
  };
  const answer = (more: Partial<ActResponse>): unknown =>
    z.encode(actResponseSchema, {
      ...{ act: 'drain', service: 'orders', instance: 'orders-1', dryRun: false, allowed: true, index: 7 },
      ...{ id: null, order: null, drain: null, lifecycle: null, verdicts: [] },
      ...more,
    });
  const line: JournalEntry = {
    ...{ seq: 9, at: noon, kind: 'traffic', service: 'orders', instance: 'orders-1', action: null },
    ...{ code: 'DRAINED', text: 'weight 100 -> out: ana drained it', token: 7, data: {} },
  };
  const by: Action['by'] = { kind: 'human', author: 'ana', reason: 'leaks', order: 'o1', forced: false };

  const ballast = (...args: string[]): Promise<number> => {
    out = '';
    err = '';
    stop = new AbortController();
    const io = ioWith({
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      user: 'ana',
      signal: stop.signal,
    });
    return run(['--scheduler', scheduler.url, ...args], io);
  };

  before(async () => {
    const [known] = instances;
    if (!known) throw new Error('no instance to show');
    scheduler = await startFakeService({
      'GET /v1/journal': (_, { url = '' }) => ({
        body: { entries: url.includes('after=') ? [z.encode(journalEntrySchema, line)] : [] },
      }),
      'GET /v1/instances': () => {
        const view = { ...known, service: 'orders', instance: 'orders-1', lifecycle };
        const body = { instances: [z.encode(instanceViewSchema, view)] };
        if (lifecycle === 'draining') stop.abort();
        return { body };
      },
      'GET /v1/actions': () => ({ body: { actions: [z.encode(actionSchema, { ...action, by, outcome })] } }),
      'POST /v1/instances/orders-1/drain': (_, { url = '' }) =>
        url.includes('dry_run')
          ? {
              body: answer({
                ...{ dryRun: true, allowed: false },
                verdicts: [{ code: 'MIN_AVAILABLE', allowed: false, text: '2 in rotation (minimum 2)' }],
              }),
            }
          : { status: 202, body: answer({ drain }) },
      'POST /v1/instances/orders/orders-1/restart': () => ({
        status: 202,
        body: answer({ act: 'restart', id: 'o1', order }),
      }),
      'POST /v1/instances/orders-2/drain': () => ({
        status: 409,
        body: { type: 'urn:x', title: 'Conflict', status: 409, detail: 'too few', code: 'MIN_AVAILABLE' },
      }),
    });
  });
  after(() => scheduler.stop());

  it('drain tells what happens until it is out', async () => {
    lifecycle = 'out';
    expect(await ballast('drain', 'orders-1', '--reason', 'heap dump', '--key', 'k1')).to.equal(0);
    expect(err.split('\n').slice(0, 3)).to.deep.equal([
      'orders/orders-1 is to be drained; back again by: ballast restore orders/orders-1',
      '  DRAINED weight 100 -> out: ana drained it',
      'orders/orders-1 is out and drained',
    ]);
    const sent = scheduler.asked.find(({ request }) => request.startsWith('POST /v1/instances/orders-1/drain'));
    expect(sent?.body).to.deep.equal({ author: 'ana', reason: 'heap dump', until: null });
  });

  it('Ctrl-C detaches: what was begun goes on', async () => {
    lifecycle = 'draining';
    expect(await ballast('drain', 'orders-1', '--reason', 'heap dump')).to.equal(0);
    expect(err).to.contain('detached: it goes on; ballast explain orders/orders-1');
    expect(await ballast('drain', 'orders-1', '--reason', 'heap dump', '--detach')).to.equal(0);
  });

  it('restart ends with how its action ended', async () => {
    outcome = 'verified';
    expect(await ballast('restart', 'orders/orders-1', '--reason', 'leaks', '--force')).to.equal(0);
    expect(err).to.contain('orders/orders-1: verified');
    const sent = scheduler.asked.findLast(({ request }) => request.startsWith('POST'));
    expect(sent?.body).to.deep.include({ forced: true });
    outcome = 'not-verified';
    expect(await ballast('restart', 'orders/orders-1', '--reason', 'leaks')).to.equal(1);
  });

  it('what a guardrail refuses exits with 4, also in a dry run', async () => {
    expect(await ballast('drain', 'orders-2', '--reason', 'heap dump')).to.equal(4);
    expect(err).to.contain('too few');
    expect(await ballast('drain', 'orders-1', '--reason', 'heap dump', '--dry-run')).to.equal(4);
    expect(out).to.equal('  HOLD  MIN_AVAILABLE 2 in rotation (minimum 2)\n');
    expect(await ballast('drain', 'orders-1')).to.equal(64);
  });
});
