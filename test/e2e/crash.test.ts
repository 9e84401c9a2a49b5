/** Schedulers, engines and Consul that die, sleep or hand over in the middle of a healing, on real parts. */
import { expect } from 'chai';
import type { JournalEntry } from '../../scheduler/client/index.js';
import { setFault } from '../../scripts/demo/story/watcher.js';
import { eventually } from '../support/eventually.js';
import { needs } from '../support/parts.js';
import { type SchedulerSeat, Stage } from '../support/stage/stage.js';

const sick = 'orders-2';
const phaseMs = 90_000;

let stage: Stage;
const open = async (): Promise<void> => {
  stage = await Stage.open();
};
const close = (): Promise<void> => stage.close();

const viewOf = async ({ watcher }: SchedulerSeat, id = sick) =>
  (await watcher.instances()).find(({ instance }) => instance === id);
const journalOf = ({ watcher }: SchedulerSeat): Promise<readonly JournalEntry[]> => watcher.journal(0);

/** NGINX is valid and has answered every client so far. */
const servesOn = async (): Promise<void> => {
  expect(await stage.nginxProblem()).to.equal(null);
  const { requests, kinds } = stage.load.summary('before');
  expect(kinds).to.deep.equal({});
  expect(requests).to.be.greaterThan(100);
};

/** Its action is closed and it takes traffic again, the slow start may go on; it was restarted once, and tokens only rose. */
const endsWell = async (leader: SchedulerSeat): Promise<void> => {
  await eventually(
    async () => {
      expect((await stage.ledger())?.open, 'open actions').to.deep.equal([]);
      const view = await viewOf(leader);
      expect(view).to.include({ zone: 'green', lifecycle: 'serving', action: null });
      expect(view?.breaker.state).to.equal('closed');
      expect(view?.applied).to.be.greaterThan(0);
    },
    { timeoutMs: 180_000, everyMs: 250 },
  );
  const closed = (await stage.ledger())?.closed ?? [];
  expect(closed.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'overtaken')).to.deep.equal(['verified']);
  expect(await stage.restarts()).to.deep.equal([`asked ${sick}`, `done ${sick}`]);
  expect(stage.tokens).to.deep.equal([...stage.tokens].sort((a, b) => a - b));
  await servesOn();
};

describe('two schedulers on one Consul, killed, fenced and relieved', function () {
  this.timeout(180_000);
  before(async function () {
    needs(this, 'consul', 'nginx');
    await open();
  });
  after(close);

  it('the second waits, and leads within two seconds of the SIGTERM of the first; nothing changes in NGINX', async () => {
    const { first, second } = stage;
    await stage.startScheduler(second);
    await eventually(async () => expect(await stage.ready(second)).to.match(/^200 .*holds the lock/));
    const { leader, token } = await stage.leads(first);
    expect([leader, (await stage.leads(second)).leader]).to.deep.equal([true, false]);
    const { reloads } = await first.watcher.gateway('orders');
    first.program.signal('SIGTERM');
    const heir = await eventually(
      async () => {
        const now = await stage.leads(second);
        return now.leader && now;
      },
      { timeoutMs: 2_000 },
    );
    expect(heir.token).to.be.greaterThan(token ?? Infinity);
    await first.program.end();
    expect((await second.watcher.gateway('orders')).reloads).to.equal(0);
    expect(reloads).to.be.greaterThan(0);
    await servesOn();
  });

  it('kill -9 of the scheduler while it drains, of the engine while the new process is verified: ends well', async () => {
    const { second } = stage;
    await setFault(stage.member(sick), 'errors');
    await stage.phase('draining', phaseMs);
    await second.program.end('SIGKILL');
    await stage.expireSession();
    await stage.startScheduler(second);
    await stage.phase('verifying', phaseMs);
    await stage.engine.end('SIGKILL');
    await stage.startEngine();
    await endsWell(second);
  });

  it('does nothing, and says FENCED, under a ledger that bears a higher token', async () => {
    const { second } = stage;
    const token = 1_000_000_000;
    const restarts = await stage.restarts();
    const planted = JSON.stringify({ token, open: [], closed: [] });
    await stage.consul.kv.put(stage.ledgerKey, planted);
    stage.kill('orders-1');
    // Everything else that can be waited for speaks for a restart by then.
    await eventually(
      async () => {
        const held = (await viewOf(second, 'orders-1'))?.heldBack.map(({ code }) => code);
        expect(held).to.include('FENCED');
        expect(held).not.to.include.oneOf(['DWELL', 'NEW_LEADER']);
      },
      { timeoutMs: 30_000, everyMs: 250 },
    );
    const told = (await journalOf(second)).filter(({ code }) => code === 'FENCED');
    expect(told.map(({ instance, text }) => [instance, text.includes(`the ledger's ${token}`)])).to.deep.equal([
      ['orders-1', true],
    ]);
    expect((await stage.consul.kv.get(stage.ledgerKey))?.value).to.equal(planted);
    expect(await stage.restarts()).to.deep.equal(restarts);
    await servesOn();
  });
});

describe('long: kill -9 in the middle of a healing', function () {
  this.timeout(400_000);
  before(function () {
    needs(this, 'consul', 'nginx');
  });
  beforeEach(open);
  afterEach(close);

  for (const phase of ['intent', 'draining', 'stepping', 'verifying'] as const)
    it(`of the scheduler as soon as the ledger says ${phase}; its lock goes with time`, async () => {
      await setFault(stage.member(sick), 'errors');
      await stage.phase(phase, phaseMs);
      await stage.first.program.end('SIGKILL');
      await stage.startScheduler(stage.first);
      await endsWell(stage.first);
    });

  it('of the scheduler while the runtime restarts: the restart goes on, and is not asked for again', async () => {
    const letGo = await stage.hold();
    await setFault(stage.member(sick), 'errors');
    await eventually(async () => (await stage.restarts()).length === 1, { timeoutMs: phaseMs });
    await stage.first.program.end('SIGKILL');
    await stage.startScheduler(stage.first);
    await eventually(async () => (await stage.leads(stage.first)).leader, { timeoutMs: 60_000 });
    await letGo();
    await endsWell(stage.first);
  });

  for (const phase of ['intent', 'draining', 'stepping', 'verifying'] as const)
    it(`of the engine as soon as the ledger says ${phase}`, async () => {
      await setFault(stage.member(sick), 'errors');
      await stage.phase(phase, phaseMs);
      await stage.engine.end('SIGKILL');
      await stage.startEngine();
      await endsWell(stage.first);
    });

  it('of both, while one is red and out and nothing is begun', async () => {
    await setFault(stage.member(sick), 'errors');
    await eventually(async () => (await viewOf(stage.first))?.lifecycle === 'out', { timeoutMs: phaseMs });
    await Promise.all([stage.first.program.end('SIGKILL'), stage.engine.end('SIGKILL')]);
    await stage.startEngine();
    await stage.startScheduler(stage.first);
    await endsWell(stage.first);
  });
});

describe('long: two schedulers, and the leader goes in the middle of a healing', function () {
  this.timeout(400_000);
  before(function () {
    needs(this, 'consul', 'nginx');
  });
  beforeEach(async () => {
    await open();
    await stage.startScheduler(stage.second);
  });
  afterEach(close);

  /** What both journals say of acts, each said by one of them only. */
  const toldOnce = async (): Promise<void> => {
    const lines = (await Promise.all([stage.first, stage.second].map(journalOf))).flat();
    const acts = lines
      .filter(({ kind }) => kind === 'heal')
      .map(({ action, code, text }) => `${action} ${code} ${text}`);
    expect(acts.filter((act, i) => acts.indexOf(act) !== i)).to.deep.equal([]);
    expect(acts.filter((act) => act.includes(' VERIFIED '))).to.have.length(1);
  };

  it('killed while it drains: the other takes over when its session has ended', async () => {
    await setFault(stage.member(sick), 'errors');
    await stage.phase('draining', phaseMs);
    await stage.first.program.end('SIGKILL');
    await endsWell(stage.second);
    await stage.startScheduler(stage.first);
    await toldOnce();
  });

  for (const phase of ['draining', 'stepping', 'verifying'] as const)
    it(`stopped as soon as the ledger says ${phase}, past its session, and woken: it does nothing any more`, async () => {
      const { first, second } = stage;
      await setFault(stage.member(sick), 'errors');
      await stage.phase(phase, phaseMs);
      first.program.signal('SIGSTOP');
      await eventually(async () => (await stage.leads(second)).leader, { timeoutMs: 60_000 });
      first.program.signal('SIGCONT');
      await endsWell(second);
      expect((await stage.leads(first)).leader).to.equal(false);
      expect((await stage.leads(second)).leader).to.equal(true);
      await toldOnce();
    });
});

describe('long: Consul goes in the middle of a healing', function () {
  this.timeout(400_000);
  before(function () {
    needs(this, 'consul', 'nginx');
  });
  beforeEach(open);
  afterEach(close);

  const weights = async (): Promise<unknown> =>
    (await stage.first.watcher.instances()).map(({ instance, applied }) => [instance, applied]);

  /** Not ready, said so in the journal; from then on nothing changes, although time goes on. */
  const standsStill = async (): Promise<void> => {
    const { first } = stage;
    await eventually(async () => expect(await stage.ready(first)).to.match(/^503 .*the lock/s), { timeoutMs: 15_000 });
    await eventually(
      async () => {
        const last = (await journalOf(first)).filter(({ kind }) => kind === 'leader').at(-1);
        expect(last?.text).to.match(/^does not lead: not confirmed/);
      },
      { timeoutMs: 30_000 },
    );
    const before = [await weights(), await stage.restarts()];
    const evaluation = await stage.evaluation('orders-1');
    await eventually(async () => (await stage.evaluation('orders-1')) >= evaluation + 10, { timeoutMs: 30_000 });
    expect([await weights(), await stage.restarts()]).to.deep.equal(before);
    await servesOn();
  };

  for (const phase of ['draining', 'verifying'] as const)
    it(`silent from when the ledger says ${phase}, then it answers again`, async () => {
      await setFault(stage.member(sick), 'errors');
      await stage.phase(phase, phaseMs);
      stage.consulAgent.signal('SIGSTOP');
      await standsStill();
      stage.consulAgent.signal('SIGCONT');
      await endsWell(stage.first);
    });

  it('killed while a process is verified, then started again with what it had on the disk', async () => {
    await setFault(stage.member(sick), 'errors');
    await stage.phase('verifying', phaseMs);
    await stage.consulAgent.end('SIGKILL');
    await standsStill();
    stage.consulAgent.start();
    await endsWell(stage.first);
  });
});
