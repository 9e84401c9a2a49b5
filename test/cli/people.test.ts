/** What people say, from the command line, against a fake scheduler that speaks the wire schemas. */
import { expect } from 'chai';
import { z } from 'zod';
import { run } from '../../cli/run.js';
import { maintenanceResponseSchema, maintenanceSchema, modesResponseSchema } from '../../scheduler/client/index.js';
import { type FakeService, startFakeService } from '../fakes/service.js';
import { ioWith } from '../support/io.js';
import { maintenance, modes, noon } from '../support/wire.js';

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
