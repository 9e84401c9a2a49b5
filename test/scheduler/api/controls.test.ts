import { expect } from 'chai';
import { BallastError } from '../../../lib/errors.js';
import { createLog } from '../../../lib/log.js';
import { Controls } from '../../../scheduler/api/controls.js';
import { controlSchema, type Pause } from '../../../scheduler/client/index.js';
import type { Journal, NewEntry } from '../../../scheduler/journal/index.js';
import { KvMirror } from '../../../scheduler/world/mirror.js';
import { VirtualClock } from '../../fakes/clock.js';
import { FakeConsul } from '../../fakes/consul.js';

const log = createLog({ level: 'silent', name: 'test' });
const pause = (over: Partial<Pause> = {}): Pause => ({
  kind: 'pause',
  scope: 'instance/orders/orders-1',
  author: 'ana',
  reason: 'deploy',
  since: 1_000,
  until: 2_000,
  ...over,
});

describe('what people say', () => {
  const clock = new VirtualClock(1_000);
  let consul: FakeConsul;
  let controls: Controls;
  let lines: NewEntry[];

  beforeEach(async () => {
    consul = new FakeConsul();
    lines = [];
    const pauses = new KvMirror(consul, 'b/control/', controlSchema, log, () => undefined);
    await pauses.refresh();
    const journal: Pick<Journal, 'write'> = { write: (entries) => lines.push(...entries) };
    controls = new Controls(pauses, journal as Journal, clock);
  });

  it('is kept in Consul, and told with name, scope and reason', async () => {
    await controls.put(pause());
    expect(consul.writes).to.deep.equal(['b/control/pause/instance/orders/orders-1']);
    expect(controls.list()).to.deep.equal([pause()]);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.deep.include({
      kind: 'human',
      service: 'orders',
      instance: 'orders-1',
      text: 'ana paused healing of instance/orders/orders-1 until 1970-01-01T00:00:02.000Z: deploy',
    });
  });

  it('ends with its time, and earlier when somebody says so', async () => {
    await controls.put(pause({ until: 1_000 }));
    expect(controls.list()).to.deep.equal([]);
    expect(await controls.remove('all', 'ben')).to.equal(false);
    expect(await controls.remove('instance/orders/orders-1', 'ben')).to.equal(true);
    expect(lines.at(-1)?.text).to.equal('ben ended the pause of instance/orders/orders-1');
  });

  it('is refused with what to do while Consul is away, and not told as if it held', async () => {
    consul.beforeWrite = () => {
      throw new Error('refused');
    };
    const failure: unknown = await controls.put(pause()).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(BallastError);
    expect(failure).to.include({ code: 'CONSUL_UNAVAILABLE', status: 503 });
    expect(lines).to.deep.equal([]);
  });
});
