/** Some of the moments at which a scheduler is killed in earnest; `scripts/chaos` takes all of them. */
import { expect } from 'chai';
import { needs } from '../../support/parts.js';
import { pointsOf } from './choose.js';
import { nameOf } from './docker-proxy.js';
import { execCrashFleet } from './exec-fleet.js';
import { Ground } from './ground.js';
import { type Death, play } from './play.js';

const speed = 6;

describe('a scheduler that is killed at one of its calls while it heals a process', function () {
  this.timeout(120_000);
  let ground: Ground;
  before(async function () {
    needs(this, 'consul', 'nginx');
    ground = await Ground.open({ speed, fleetIn: execCrashFleet, step: { do: 'restart' }, dockerSocket: null });
  });
  after(() => ground?.close());

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

  it('bear the same name in each run, whatever a container is called', () => {
    const container = 'ab'.repeat(32);
    expect(nameOf('POST', `/v1.41/containers/${container}/stop?t=5`)).to.equal('POST containers/:id/stop');
    expect(nameOf('GET', '/containers/json?all=true')).to.equal('GET containers/json');
  });
});
