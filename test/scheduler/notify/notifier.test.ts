import { expect } from 'chai';
import type { NotifyConfig } from '../../../config/index.js';
import { createLog } from '../../../lib/log.js';
import { notificationSchema, toldSchema, type Notification } from '../../../scheduler/client/index.js';
import type { Decision } from '../../../scheduler/model.js';
import { decide } from '../../../scheduler/decide.js';
import type { Delivery } from '../../../scheduler/notify/deliver.js';
import { Notifier } from '../../../scheduler/notify/notifier.js';
import { ToldStore } from '../../../scheduler/notify/told.js';
import { KvMirror } from '../../../scheduler/world/mirror.js';
import { VirtualClock } from '../../fakes/clock.js';
import { FakeConsul } from '../../fakes/consul.js';
import { actingPolicy, aWorld, viewOf } from '../../support/world.js';

const log = createLog({ level: 'silent', name: 'test' });
const second = 1_000;

/** `token` null: another leads, or nobody. `wrong`: the gateway refuses plans. */
interface Turn {
  readonly token?: number | null;
  readonly wrong?: boolean;
  readonly lockTrouble?: string | null;
}

/** The gateway refuses plans: a trouble that needs no story. */
const refused = (at: number) => ({
  ...viewOf({}),
  last: { at, revision: 'bad', ok: false, stage: 'test', text: 'host not found', reloadMs: null } as const,
});

describe('the notifier', () => {
  let clock: VirtualClock;
  let consul: FakeConsul;
  let got: Notification[];
  let answer: Delivery;
  let config: NotifyConfig;
  let ending: AbortController;
  let running: Promise<void>[];

  const hook = (name: string): NotifyConfig['webhooks'][number] => ({
    ...{ name, url: 'https://hooks.example/x', secret: null, headers: {} },
    levels: ['page', 'warn', 'info'],
  });
  const start = (node: string): Notifier => {
    const notifier = new Notifier({
      config: () => config,
      told: new ToldStore(new KvMirror(consul, 'ballast/notify/', toldSchema, log, () => undefined), clock, log),
      deliver: ({ body }) => {
        got.push(notificationSchema.decode(JSON.parse(body) as never));
        return Promise.resolve(answer);
      },
      ...{ clock, log, node, random: () => 0, address: () => 'http://127.0.0.1:7071' },
    });
    running.push(notifier.run(ending.signal));
    return notifier;
  };
  /** A turn each half second, as the loop makes them. */
  const turns = async (
    notifier: Notifier,
    ms: number,
    { token = 7, wrong = false, lockTrouble = null }: Turn = {},
  ): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) {
      const now = clock.now();
      const lead = token === null ? { held: false, token: null } : { token };
      const world = aWorld(now)
        .service('orders')
        .instances(3)
        .lead(lead)
        .gateway(wrong ? refused(now) : viewOf({}))
        .build();
      const decision = decide(world, { services: new Map() }, { maxActions: 10, maxConcurrent: 1 }, now);
      notifier.turn({ world, decision, now, lockTrouble });
      await clock.advance(500);
    }
  };
  const heard = (): string[] =>
    got.map(({ event, about, scheduler, code }) => `${scheduler.node} ${event} ${about.kind} ${code}`);

  beforeEach(() => {
    [clock, consul, got, running] = [new VirtualClock(), new FakeConsul(), [], []];
    answer = { kind: 'delivered' };
    config = { link: 'https://ballast.example/', summaryMs: 900_000, webhooks: [hook('pager')] };
    ending = new AbortController();
  });
  afterEach(async () => {
    ending.abort();
    await Promise.all(running);
  });

  it('is told once by the leader, kept in Consul, and closed by the next one', async () => {
    const first = start('a');
    await turns(first, 5 * second, { wrong: true });
    expect(heard()).to.deep.equal(['a opened fleet REJECTED']);
    expect(got[0]?.links.journal).to.equal('https://ballast.example/v1/journal');
    expect(consul.writes.filter((key) => key.startsWith('ballast/notify/'))).to.have.length(1);
    const second_ = start('b');
    await turns(second_, 5 * second, { token: 9, wrong: true });
    expect(heard()).to.have.length(1);
    await turns(second_, 40 * second, { token: 9 });
    expect(heard()).to.deep.equal(['a opened fleet REJECTED', 'b resolved fleet REJECTED']);
    expect(got[1]?.episode).to.equal(got[0]?.episode);
    expect(await consul.kv.list('ballast/notify/')).to.deep.equal([]);
  });

  it('is told again by the next leader where it was never delivered', async () => {
    answer = { kind: 'again', text: 'answered 503', afterMs: 3_600_000 };
    const first = start('a');
    await turns(first, 5 * second, { wrong: true });
    expect(first.troubles()).to.deep.equal(['webhook pager does not take messages: answered 503; 1 wait']);
    expect(consul.writes).to.deep.equal([]);
    answer = { kind: 'delivered' };
    await turns(start('b'), 5 * second, { token: 9, wrong: true });
    expect(heard()).to.deep.equal(['a opened fleet REJECTED', 'b opened fleet REJECTED']);
  });

  describe('with what is summed up', () => {
    const key = 'ballast/notify/-/summary';
    let record: Decision['memory'];

    /** One instance is red, of a service that is summed up. */
    const sickTurns = async (notifier: Notifier, token: number, ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 5_000) {
        const now = clock.now();
        const policy = actingPolicy('orders', 'heal: {mode: observe, notify: summary}\n');
        const world = aWorld(now).service('orders', policy).instance('orders-1', { zone: 'red' }).instances(3);
        const built = world.lead({ token }).gateway(viewOf({})).build();
        const decision = decide(built, record, { maxActions: 10, maxConcurrent: 1 }, now);
        record = decision.memory;
        notifier.turn({ world: built, decision, now, lockTrouble: null });
        await clock.advance(5_000);
      }
    };
    const summaries = () => got.filter(({ event }) => event === 'summary');

    beforeEach(() => {
      record = { services: new Map() };
    });

    it('keeps it in Consul; the next leader sends it, once', async () => {
      await sickTurns(start('a'), 7, 60 * second);
      expect([got, consul.under(key).length]).to.deep.equal([[], 1]);
      const next = start('b');
      await sickTurns(next, 9, 800 * second);
      expect([got, next.view().gathered.length]).to.deep.equal([[], 1]);
      await sickTurns(next, 9, 60 * second);
      expect(heard()).to.deep.equal(['b summary fleet null']);
      expect(got[0]?.news).to.have.length(1);
      expect(got[0]?.news[0]).to.match(/^orders\/orders-1 is red/);
      expect(consul.under(key)).to.deep.equal([]);
      await sickTurns(start('c'), 11, 1_800 * second);
      expect(summaries()).to.have.length(1);
    });

    it('sends it once more, under the same id, where its sender died before it noted that', async () => {
      await sickTurns(start('a'), 7, 60 * second);
      consul.beforeWrite = () => {
        throw new Error('no leader');
      };
      await sickTurns(start('b'), 9, 900 * second);
      expect(summaries()).to.have.length(1);
      consul.beforeWrite = () => undefined;
      await sickTurns(start('c'), 11, 60 * second);
      const [one, again, ...more] = summaries();
      expect([again?.id, again?.news, more]).to.deep.equal([one?.id, one?.news, []]);
      expect(consul.under(key)).to.deep.equal([]);
    });
  });

  it('is silent where another leads', async () => {
    await turns(start('a'), 60 * second, { token: null, wrong: true });
    expect(got).to.deep.equal([]);
  });

  it('tells that the lock is lost, by whoever had it last, until somebody has it again', async () => {
    const notifier = start('a');
    await turns(notifier, 5 * second);
    await turns(notifier, 20 * second, { token: null, lockTrouble: 'no answer' });
    expect(got).to.deep.equal([]);
    await turns(notifier, 20 * second, { token: null, lockTrouble: 'no answer' });
    expect(heard()).to.deep.equal(['a opened fleet NO_QUORUM']);
    expect(got[0]).to.deep.include({ level: 'page' });
    await turns(notifier, 40 * second, { token: null });
    expect(heard()).to.deep.equal(['a opened fleet NO_QUORUM', 'a resolved fleet NO_QUORUM']);
    await turns(start('b'), 60 * second, { token: null, lockTrouble: 'no answer' });
    expect(got).to.have.length(2);
  });

  it('follows the configuration: what did not change goes on', async () => {
    const notifier = start('a');
    answer = { kind: 'again', text: 'answered 503', afterMs: 10_000 };
    await turns(notifier, second, { wrong: true });
    config = { ...config, webhooks: [hook('pager'), hook('chat')] };
    answer = { kind: 'delivered' };
    await turns(notifier, 20 * second, { wrong: true });
    expect(notifier.view().webhooks.map(({ name, delivered }) => [name, delivered])).to.deep.equal([
      ['pager', 1],
      ['chat', 0],
    ]);
    config = { ...config, webhooks: [] };
    await turns(notifier, 40 * second);
    expect(notifier.view().webhooks).to.deep.equal([]);
    expect(got).to.have.length(2);
  });

  it('goes on without Consul, and says it again rather than not at all', async () => {
    consul.kv.list = () => Promise.reject(new Error('no answer'));
    await turns(start('a'), 35 * second, { wrong: true });
    expect(heard()).to.deep.equal(['a opened fleet REJECTED']);
  });

  it('never fails a turn', () => {
    expect(() => start('a').turn(null as never)).not.to.throw();
  });

  it('sends a test to one webhook or all, and names those that there are', async () => {
    const notifier = start('a');
    config = { ...config, webhooks: [hook('pager'), hook('chat')] };
    expect((await notifier.test()).results.map(({ webhook, ok }) => [webhook, ok])).to.deep.equal([
      ['pager', true],
      ['chat', true],
    ]);
    answer = { kind: 'refused', text: 'answered 401 Unauthorized' };
    expect((await notifier.test('chat')).results).to.deep.equal([
      { webhook: 'chat', ok: false, text: 'answered 401 Unauthorized' },
    ]);
    const wrong: unknown = await notifier.test('nobody').catch((error: unknown) => error);
    expect(wrong).to.deep.include({ code: 'NO_WEBHOOK', hint: 'there are: pager, chat' });
  });
});
