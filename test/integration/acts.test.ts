/** People who drain, restore and restart by HTTP, on real parts: Consul, NGINX, engine, schedulers, instances and clients. */
import { expect } from 'chai';
import { z } from 'zod';
import { actResponseSchema, type ActResponse, type JournalEntry } from '../../scheduler/client/index.js';
import { eventually } from '../support/eventually.js';
import { needs } from '../support/parts.js';
import { type SchedulerSeat, Stage } from '../support/stage/stage.js';

const target = 'orders-2';
const problemSchema = z.object({ code: z.string(), detail: z.string() });

describe('acts by people on real parts', function () {
  this.timeout(180_000);
  let stage: Stage;

  before(async function () {
    needs(this, 'consul', 'nginx');
    stage = await Stage.open();
    await stage.startScheduler(stage.second);
    await eventually(async () => expect(await stage.ready(stage.second)).to.match(/^200 /), { timeoutMs: 20_000 });
  });
  after(() => stage.close());

  const post = (seat: SchedulerSeat, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`${seat.url}/v1/instances/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ author: 'ana', reason: 'heap dump' }),
    });
  const act = async (...asked: Parameters<typeof post>): Promise<ActResponse> => {
    const answer = await post(...asked);
    expect(answer.status, await answer.clone().text()).to.equal(202);
    return actResponseSchema.decode((await answer.json()) as z.input<typeof actResponseSchema>);
  };
  const view = async (id = target) =>
    (await stage.first.watcher.instances()).find(({ instance }) => instance === id) ?? expect.fail(`no ${id}`);
  const said = async (): Promise<readonly JournalEntry[]> => stage.first.watcher.journal(0);
  const until = (what: () => Promise<unknown>, timeoutMs = 40_000): Promise<unknown> =>
    eventually(what, { timeoutMs, everyMs: 100 });

  it('a drain asked of a scheduler that does not lead is done by the leader; a second one that leaves too few is refused', async () => {
    expect((await stage.leads(stage.second)).leader).to.equal(false);
    await act(stage.second, `orders/${target}/drain`);
    await until(async () => expect(await view()).to.include({ weight: 0, applied: 0 }));
    expect((await view()).reasons[0]).to.have.property('code', 'DRAINED');
    const refused = await post(stage.first, 'orders-1/drain');
    expect(refused.status).to.equal(409);
    expect(problemSchema.parse(await refused.json())).to.have.property('code', 'MIN_AVAILABLE');
    expect((await view('orders-1')).weight).to.equal(100);
  });

  it('a restore brings it back, and no client notices any of it', async () => {
    await act(stage.first, `${target}/restore`);
    await until(async () => expect((await view()).applied).to.be.greaterThan(0));
    expect(stage.load.summary('before').kinds).to.deep.equal({});
  });

  it('long: a restart is done once, also when it is asked for twice with the same key on two schedulers', async () => {
    await until(async () => expect((await view()).weight).to.equal(100), 120_000);
    const key = { 'idempotency-key': 'restart-1' };
    const first = await act(stage.first, `${target}/restart`, key);
    const again = await act(stage.second, `${target}/restart`, key);
    expect(again.id).to.equal(first.id);
    await until(async () => {
      const closed = (await stage.ledger())?.closed ?? [];
      expect(closed.map(({ outcome, by }) => [outcome, by.kind === 'human' && by.order])).to.deep.equal([
        ['verified', first.id],
      ]);
    }, 120_000);
    expect((await act(stage.second, `${target}/restart`, key)).id).to.equal(first.id);
    expect(await stage.restarts()).to.deep.equal([`asked ${target}`, `done ${target}`]);
    expect((await said()).filter(({ kind }) => kind === 'human').map(({ text }) => text)).to.include(
      'ana ordered restart: heap dump',
    );
    expect(stage.load.summary('before').kinds).to.deep.equal({});
  });
});
