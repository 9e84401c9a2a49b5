/** Some of the moments at which a scheduler is killed in earnest; `scripts/chaos` takes all of them. */
import { expect } from 'chai';
import { needs } from '../../support/parts.js';
import { pointsOf, sampleOf } from './choose.js';
import { nameOf } from './docker-proxy.js';
import { execCrashFleet } from './exec-fleet.js';
import { Ground } from './ground.js';
import { type Death, play } from './play.js';
import { Told } from './told.js';

const speed = 6;
const exec = { speed, fleetIn: execCrashFleet, step: { do: 'restart' }, dockerSocket: null } as const;

describe('a scheduler that is killed at one of its calls while it heals a process', function () {
  this.timeout(120_000);
  let ground: Ground;
  let told: Told;
  before(async function () {
    needs(this, 'consul', 'nginx');
    told = await Told.open('each');
    ground = await Ground.open({ ...exec, notify: told });
  });
  after(async () => {
    await ground?.close();
    await told?.close();
  });

  const deaths: readonly (readonly [what: string, death: Omit<Death, 'nth'>])[] = [
    [
      'as soon as the restart command runs: started again, it finds the new process and does nothing twice',
      { point: { call: 'stepping: begin #1', moment: 'after' }, heir: 'itself' },
    ],
    [
      'with the end in the ledger and not in its journal: another scheduler tells it',
      { point: { call: 'verifying: write ledger/orders (closed) #1', moment: 'after' }, heir: 'another' },
    ],
  ];
  for (const [nth, [what, death]] of deaths.entries())
    it(what, async () => {
      const { died, wrong, requests } = await play(ground, { ...death, nth });
      expect({ died, wrong }).to.deep.equal({ died: true, wrong: [] });
      expect(requests).to.be.greaterThan(50);
      // Whoever leads, one episode: what the one before has told is not told again.
      const messages = told.take().filter(({ about }) => about.kind === 'instance');
      expect(messages[0]).to.include({ event: 'opened' });
      expect(messages.at(-1)).to.include({ event: 'resolved' });
      expect(messages.filter(({ event }) => event === 'updated')).not.to.be.empty;
      expect(messages.filter(({ event }) => event !== 'updated')).to.have.length(2);
      expect(new Set(messages.map(({ episode }) => episode)).size).to.equal(1);
      const news = messages.flatMap((message) => message.news);
      expect(new Set(news).size, news.join('\n')).to.equal(news.length);
    });
});

describe('a summary whose leader dies before it is due', function () {
  this.timeout(120_000);
  let ground: Ground;
  let told: Told;
  before(async function () {
    needs(this, 'consul', 'nginx');
    told = await Told.open('summary');
    ground = await Ground.open({ ...exec, notify: told });
  });
  after(async () => {
    await ground?.close();
    await told?.close();
  });

  it('is sent by the next one, with what both have gathered, each sentence once', async () => {
    const point = { call: 'stepping: begin #1', moment: 'after' } as const;
    const { died, wrong } = await play(ground, { point, heir: 'another', nth: 0 });
    expect({ died, wrong }).to.deep.equal({ died: true, wrong: [] });
    const messages = told.take();
    expect(new Set(messages.map(({ event }) => event))).to.deep.equal(new Set(['summary']));
    // On a busy machine there may be troubles of the service and a step that was given up before it was begun.
    const sentences = messages.flatMap(({ news }) => news).filter((text) => text.startsWith('orders/orders-1'));
    expect(new Set(sentences).size, sentences.join('\n')).to.equal(sentences.length);
    for (const [what, count] of [
      [/^orders\/orders-1 is red and out/, 1],
      [/resolved after .*: green, restart verified$/, 1],
    ] as const)
      expect(
        sentences.filter((text) => what.test(text)),
        `${what} in ${sentences.join('\n')}`,
      ).to.have.length(count);
    expect(sentences.filter((text) => text.includes('restart begins'))).not.to.be.empty;
  });
});

describe('the moments of death', () => {
  it('are two for each call: before it, and after its effect; of what is called over and over the first stands for all', () => {
    const calls = [
      'none: find #1',
      'none: find #2',
      'intent: nginx -T #1',
      'intent: nginx -T #2',
      'intent: nginx -T #3',
    ];
    expect(pointsOf([...calls, 'none: find #1']).map(({ call, moment }) => `${moment} ${call}`)).to.deep.equal([
      ...['before none: find #1', 'after none: find #1'],
      ...['before intent: nginx -T #1', 'after intent: nginx -T #1'],
      ...['before intent: nginx -T #2', 'after intent: nginx -T #2'],
    ]);
  });

  it('are sampled before and after by turns, however many are left out', () => {
    const points = Array.from({ length: 24 }, (_, nth) => nth);
    expect(sampleOf(points, 1)).to.deep.equal(points);
    for (const every of [2, 3, 4, 5, 6]) {
      const sides = sampleOf(points, every).map((nth) => nth % 2);
      expect(sides.slice(0, 4), `every ${every}`).to.deep.equal([0, 1, 0, 1]);
      expect(sides).to.have.length(Math.ceil(24 / every));
    }
  });

  it('bear the same name in each run, whatever a container is called', () => {
    const container = 'ab'.repeat(32);
    expect(nameOf('POST', `/v1.41/containers/${container}/stop?t=5`)).to.equal('POST containers/:id/stop');
    expect(nameOf('GET', '/containers/json?all=true')).to.equal('GET containers/json');
  });
});
