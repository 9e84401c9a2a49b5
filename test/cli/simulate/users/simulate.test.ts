import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulateConfig, type SimulateOptions } from '../../../../cli/commands/simulate.js';
import { findings } from '../../../../cli/simulate/users/advice.js';
import { userFleet } from '../../../../cli/simulate/users/fleet.js';
import { playDay, type UserDay } from '../../../../cli/simulate/users/play.js';
import { reportOf } from '../../../../cli/simulate/users/report.js';
import { simulateText } from '../../../../cli/views/simulate.js';
import { scheduler } from '../../../../config/defaults.js';
import type { NotifyLevel, WebhookConfig } from '../../../../config/index.js';
import { policyFor } from '../../../support/policy.js';
import { ioWith } from '../../../support/io.js';

function hook(name: string, levels: readonly NotifyLevel[]): WebhookConfig {
  return { name, url: 'https://hooks.example/secret', secret: 'key', headers: {}, levels };
}

const orders = policyFor(`service: orders
preset: node
traffic: {upstream: orders}
runtime: {docker: {}}
heal: {mode: act}
guardrails: {min_available: 75%, max_actions: 2/h}
protected: [orders-a, orders-b]
`);
const bare = policyFor(`service: mailer
metrics:
  queue: {query: max(queue_length), good: 10, critical: 1000, weight: 1, cap: 20}
`);
const file = {
  scheduler: { maxActions: scheduler.maxActions, maxConcurrent: scheduler.maxConcurrent },
  notify: {
    link: null,
    summaryMs: 900_000,
    webhooks: [hook('pager', ['page']), hook('chat', ['page', 'warn', 'info'])],
  },
};
const options = { instances: 4, perSecond: 50, asIs: false };
const plain = (_: string, text: string): string => text;

const aDay = (seed: number, refused: UserDay['services'][0]['refused'], heals = 1): UserDay => ({
  ...{
    seed,
    troubles: 20,
    told: { messages: 2, pages: { STORM: 1 } },
    sent: [2, 6],
    unhealed: [],
    broken: [],
    reloads: 3,
    evaluations: 100,
  },
  services: [
    {
      ...{ service: 'orders', requests: 1_000, errors: 5, drains: 2, wrongDrains: 1, heals, wrongHeals: 0 },
      ...{
        illMs: 3_600_000,
        heldBackMs: 60_000,
        troubles: 9,
        verified: heals,
        refused,
        told: { messages: 4, pages: { MAX_ACTIONS: 1 } },
      },
      alone: { requests: 1_000, errors: 50, illMs: 7_200_000 },
    },
  ],
});

describe("a user's simulated fleet", () => {
  it('has the files as they are, but for the consent to heal, and says what is otherwise', () => {
    const { policies, notes, limits: over } = userFleet([orders, bare], file, options);
    expect(over).deep.equal({ maxActions: scheduler.maxActions, maxConcurrent: scheduler.maxConcurrent });
    expect(policies.map(({ policy, instances }) => [policy.service, policy.heal.mode, instances])).deep.equal([
      ['orders', 'act', 4],
      ['mailer', 'act', 4],
    ]);
    expect(policies[0]?.policy.protected).deep.equal(['orders-4', 'orders-3']);
    expect(notes).include('mailer: heal.mode is observe; simulated as act');
    expect(notes).include('mailer: no runtime, so nobody can restart anything: add runtime:');
    expect(notes.filter((note) => note.startsWith('orders'))).deep.equal([]);
    expect(userFleet([bare], file, { ...options, asIs: true }).policies[0]?.policy.heal.mode).equal('observe');
  });

  it('has as many instances as its file desires where nobody says otherwise', () => {
    const desired = policyFor('service: orders\npreset: node\nguardrails: {desired: 6}\n');
    expect(
      userFleet([desired, bare], file, { ...options, instances: null }).policies.map((one) => one.instances),
    ).deep.equal([6, 4]);
  });
});

describe('a simulated day of it', function () {
  this.timeout(60_000);

  it('fails fewer requests than without Ballast, refuses for reasons, and is the same each time', () => {
    const { policies, limits: over, receivers } = userFleet([orders], file, options);
    const days = [1, 2, 3].map((seed) => playDay({ policies, limits: over, receivers, seed, hours: 3 }));
    const [first] = days;
    expect(playDay({ policies, limits: over, receivers, seed: 1, hours: 3 })).deep.equal(first);
    const of = days.flatMap(({ services }) => services);
    const sum = (pick: (service: (typeof of)[0]) => number): number => of.reduce((total, one) => total + pick(one), 0);
    expect(sum(({ errors }) => errors)).below(sum(({ alone }) => alone.errors) / 2);
    expect(sum(({ heals }) => heals)).above(0);
    expect(sum(({ refused }) => Object.keys(refused).length)).above(0);
    expect(days.map(({ broken }) => broken)).deep.equal([[], [], []]);
    expect(sum(({ illMs }) => illMs)).at.most(sum(({ alone }) => alone.illMs));
  });

  it('steers nothing of a service that names no upstream', () => {
    const { policies, limits: over, receivers } = userFleet([bare], file, options);
    const [mailer] = playDay({ policies, limits: over, receivers, seed: 1, hours: 3 }).services;
    expect(mailer).include({ drains: 0, heals: 0, heldBackMs: 0 });
    expect(mailer?.errors).equal(mailer?.alone.errors);
  });
});

describe('the report', () => {
  const fleet = userFleet([orders], file, options);
  const report = reportOf(fleet, [
    aDay(1, { MAX_ACTIONS: 5, DWELL: 9 }),
    aDay(2, { MAX_ACTIONS: 7 }, 3),
    aDay(3, { MIN_AVAILABLE: 1 }, 0),
  ]);

  it('sums up services and days, and leaves out what only waits', () => {
    expect(report.services[0]).include({ acts: 4, verified: 4, errors: 15, errorsAlone: 150, wrongDrains: 3 });
    expect(report.services[0]?.refused.MAX_ACTIONS).deep.equal({ count: 12, days: 2 });
    expect(report.perDay.map(({ refused }) => refused)).deep.equal([5, 7, 1]);
  });

  it('says in plain sentences what stood in the way', () => {
    const [first, second] = findings(report.services, fleet);
    expect(first?.text).match(
      /^MAX_ACTIONS refused 12 healings on 2 days: max_actions is 2\/h .*4 of 4 restarts helped/,
    );
    expect(second?.text).match(
      /^MIN_AVAILABLE refused 1 healing on 1 day: .*needs 3 others.* at most 1 may be ill at once/,
    );
    const text = simulateText(report, fleet, plain);
    expect(text).match(/3 simulated days \(seeds 1 to 3\): 1 services?, 4 instances, 9 reloads/);
    expect(text).include('Without Ballast 10.0 times as many requests failed.');
    expect(text).match(/MAX_ACTIONS +12 on 2d/);
    expect(text).match(/DWELL \(waits\) +9 on 1d/);
    expect(text).include('- orders: MAX_ACTIONS refused 12 healings on 2 days');
  });
});

describe('ballast simulate', function () {
  this.timeout(60_000);
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-simulate-'));
    mkdirSync(join(folder, 'services'));
    writeFileSync(join(folder, 'ballast.yaml'), 'services: services\n');
    writeFileSync(
      join(folder, 'services', 'orders.yaml'),
      'service: orders\npreset: node\nruntime: docker\nheal: {mode: act}\n',
    );
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = async (change: Partial<SimulateOptions> = {}) => {
    const said = { out: '', err: '' };
    const io = ioWith({ out: (text) => void (said.out += text), err: (text) => void (said.err += text) });
    const base = { config: folder, days: 2, seed: 5, hours: 1, format: 'json' as const };
    return { code: await simulateConfig(io, { ...options, ...base, ...change }, {}), ...said };
  };

  it('prints what so many days came to, with its progress beside it', async () => {
    const { code, out, err } = await run();
    const report = JSON.parse(out) as Record<string, unknown>;
    expect(code).equal(0);
    expect(report).include({ days: 2 });
    expect(report['seeds']).deep.equal([5, 6]);
    expect(report['notes']).deep.equal(['orders: traffic is not steered; every instance gets the same']);
    expect(err).include('day 2 of 2');
  });

  it('tells every problem of the files instead', async () => {
    writeFileSync(join(folder, 'services', 'orders.yaml'), 'service: orders\npreset: nodes\n');
    const { code, out } = await run();
    expect(code).equal(1);
    expect(out).include('nodes');
    rmSync(join(folder, 'services', 'orders.yaml'));
    await run().then(
      () => expect.fail('an empty folder is no fleet'),
      (thrown: unknown) => expect(String(thrown)).include('there is no service file'),
    );
  });
});
