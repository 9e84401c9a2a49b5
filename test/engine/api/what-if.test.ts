/** The engine's answers to what would be, over HTTP. */
import { expect } from 'chai';
import { addRoutes, Board, EngineMetrics, type WhatIfOptions } from '../../../engine/api/index.js';
import { replayLineSchema, simulationSchema, type ReplayLine } from '../../../engine/client/index.js';
import { systemClock } from '../../../lib/clock.js';
import { BallastError } from '../../../lib/errors.js';
import { createClient } from '../../../lib/http/client.js';
import { createApp, listen, type Listening } from '../../../lib/http/server.js';
import { createLog } from '../../../lib/log.js';
import { emptyMemory } from '../../../engine/memory.js';
import { WhatIfs } from '../../../engine/whatif/index.js';
import { policyFor } from '../../support/policy.js';
import { aReplay } from '../../support/replay.js';

const log = createLog({ level: 'silent', name: 'test' });
const policy = policyFor('metrics: {load: {level: app, query: load, good: 0, critical: 10}}');

describe("the engine's HTTP API for what would be", () => {
  let server: Listening;
  let replay: WhatIfOptions['replay'];
  let ended: Promise<unknown>;

  beforeEach(async () => {
    const board = new Board([{ service: 'checkout', owner: null }], systemClock);
    const counts = { targets: 0, running: 0, skipped: 0 };
    const metrics = new EngineMetrics({ board, scraper: () => counts, store: () => ({ errors: 0, lostChunks: 0 }) });
    const whatIf = new WhatIfs({
      present: (name) => (name === 'checkout' ? { policy, memory: emptyMemory, instances: [] } : null),
      current: () => [],
      history: { path: '/nowhere', flush: () => undefined },
      env: {},
      clock: systemClock,
    });
    const app = createApp({
      log,
      name: 'ballast-engine',
      version: '0',
      tokens: [],
      metrics: metrics.registry,
      ready: () => ({ ready: true, why: 'a test' }),
      routes: (to) =>
        addRoutes(to, {
          board,
          clock: systemClock,
          explain: () => null,
          whatIf: {
            simulate: (request) => whatIf.simulate(request),
            now: (request) => whatIf.now(request),
            replay: (...given) => replay(...given),
          },
        }),
    });
    server = await listen(app, { host: '127.0.0.1', port: 0 });
  });
  afterEach(() => server.close());

  const client = () => createClient({ baseUrl: server.url, timeoutMs: 5_000 });
  const problemOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'fine',
      (error: unknown) => error,
    );
  const body = { policy: { file: 'x.yaml', text: 'service: checkout' } };
  const ask = async (onLine: (line: ReplayLine) => void, signal?: AbortSignal): Promise<void> =>
    client().lines('/v1/replay', replayLineSchema, onLine, { body, ...(signal && { signal }) });

  it('scores given values', async () => {
    const given = { service: 'checkout', values: { load: 4 } };
    const { value } = await client().send('POST', '/v1/simulate', simulationSchema, { body: given });
    expect(value).include({ score: 60, zone: 'yellow' });
    const wrong = { service: 'checkout', values: { laod: 4 } };
    const problem = await problemOf(client().send('POST', '/v1/simulate', simulationSchema, { body: wrong }));
    expect(problem).instanceOf(BallastError).include({ status: 400, hint: 'did you mean "load"?' });
    const none = await problemOf(client().send('POST', '/v1/simulate', simulationSchema, { body: { values: {} } }));
    expect(none).include({ status: 400, code: 'INVALID_REQUEST' });
  });

  it('takes no body for none that is not said to be JSON', async () => {
    const given = JSON.stringify({ service: 'checkout', values: { load: 4 } });
    const post = (headers: Record<string, string>, sent?: string) =>
      fetch(`${server.url}/v1/simulate`, { method: 'POST', headers, ...(sent !== undefined && { body: sent }) });
    const form = await post({ 'content-type': 'application/x-www-form-urlencoded' }, given);
    expect(form.status).equal(415);
    expect(await form.text()).contain('a body of type application/x-www-form-urlencoded is not read');
    expect((await post({})).status).equal(400);
    expect((await post({ 'content-type': 'application/json' }, given)).status).equal(200);
  });

  it('is described', async () => {
    const described = (await (await fetch(`${server.url}/v1/openapi.json`)).json()) as { paths: object };
    expect(Object.keys(described.paths)).include.members(['/v1/simulate', '/v1/replay']);
  });

  it('tells how far a replay is, and then its result', async () => {
    replay = async (request, onProgress) => {
      expect(request).deep.include({ sinceMs: 86_400_000 });
      onProgress({ done: 1, total: 2, evaluations: 60 });
      onProgress({ done: 2, total: 2, evaluations: 120 });
      return aReplay();
    };
    const lines: ReplayLine[] = [];
    await ask((line) => lines.push(line));
    expect(lines).deep.equal([
      { progress: { done: 1, total: 2, evaluations: 60 } },
      { progress: { done: 2, total: 2, evaluations: 120 } },
      { result: aReplay() },
    ]);
  });

  it('refuses as a problem what fails at once, and tells in a line what fails on the way', async () => {
    replay = async () => {
      throw new BallastError('REPLAY_REFUSED', 'cpu has another query', { status: 422 });
    };
    expect(await problemOf(ask(() => undefined))).include({ status: 422, message: 'cpu has another query' });
    replay = async (_, onProgress) => {
      onProgress({ done: 1, total: 2, evaluations: 60 });
      throw new BallastError('HISTORY_DAMAGED', 'torn');
    };
    const lines: ReplayLine[] = [];
    await ask((line) => lines.push(line));
    expect(lines.at(-1)).deep.equal({ error: { code: 'HISTORY_DAMAGED', detail: 'torn' } });
  });

  it('ends a replay when the client leaves', async () => {
    const leaving = new AbortController();
    replay = (_, onProgress, signal) => {
      ended = new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)));
      onProgress({ done: 0, total: 2, evaluations: 0 });
      return ended.then(() => aReplay());
    };
    await problemOf(ask(() => leaving.abort(new Error('enough')), leaving.signal));
    expect(await ended).include({ code: 'CLIENT_GONE' });
  });
});
