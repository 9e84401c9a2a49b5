import { expect } from 'chai';
import type { ServiceName } from '../../../config/index.js';
import { readiness, type ReadinessInputs } from '../../../scheduler/api/readiness.js';
import type { Shown } from '../../../scheduler/api/views.js';
import { decide } from '../../../scheduler/decide.js';
import { aWorld, type WorldBuilder } from '../../support/world.js';

const shown = (tell: (world: WorldBuilder) => WorldBuilder): Shown => {
  const world = tell(aWorld(0)).build();
  return { world, decision: decide(world, { services: new Map() }, { maxActions: 1, maxConcurrent: 1 }, 0), at: 0 };
};
const said = (change: Partial<ReadinessInputs>) =>
  readiness({
    shown: shown((world) => world.service('orders').instances(1)),
    services: ['orders' as ServiceName],
    ...{ lead: 'leads', troubles: [null], notes: [] },
    ...change,
  });

const both = ['orders', 'users'] as ServiceName[];

describe('readiness of the scheduler', () => {
  it('tells whether it leads while all is well, and what a person should know', () => {
    expect(said({ notes: ['no webhook answers'] })).to.deep.equal({ ready: true, why: 'leads; no webhook answers' });
  });

  it('names all that keeps it from its work', () => {
    const troubles = ['the engine does not answer', null, 'the lock: refused'];
    expect(said({ troubles })).to.deep.equal({ ready: false, why: 'the engine does not answer; the lock: refused' });
  });

  it('is not ready before the first decision', () => {
    expect(said({ shown: null })).to.deep.equal({ ready: false, why: 'nothing was decided yet' });
  });

  it('is not ready while what it shows was decided before Consul answered for a service', () => {
    const early = shown((world) => world.service('orders').instances(1).service('users').undiscovered());
    const ready = said({ shown: early, services: both });
    expect(ready).to.deep.equal({ ready: false, why: 'no answer from Consul yet for users' });
  });

  it('is not ready before it decided on a service that was just added', () => {
    expect(said({ services: both })).to.deep.equal({ ready: false, why: 'no answer from Consul yet for users' });
  });

  it('takes an empty service for an answer', () => {
    expect(said({ shown: shown((world) => world.service('orders')) })).to.include({ ready: true });
  });
});
