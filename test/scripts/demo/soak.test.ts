/** What a soak counts, when it is over and what it makes of it; and one short one on real parts. */
import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { caseNames, cases, type Seen } from '../../../scripts/demo/noise/cases.js';
import { Account, type Look } from '../../../scripts/demo/noise/figures.js';
import type { InstanceView } from '../../../scheduler/client/index.js';
import { needs } from '../../support/parts.js';

const view = (instance: string, change: Partial<InstanceView> = {}): InstanceView => ({
  ...{ service: 'orders', instance, node: 'n1', address: '127.0.0.1', port: 80, zone: 'green', score: 100 },
  ...{ lifecycle: 'serving', since: 0, breaker: { state: 'closed', opened: 0, since: 0 }, weight: 100, applied: 100 },
  ...{ reasons: [], heldBack: [], action: null },
  ...change,
});

const look = (at: number, change: Partial<InstanceView> = {}, more: Partial<Look> = {}): Look => ({
  at,
  views: [view('orders-1'), view('orders-2', change)],
  processes: new Map([
    ['orders-1', 'then'],
    ['orders-2', 'then'],
  ]),
  ...{ healings: 2, reloads: 5, lostScrapes: 7 },
  ...more,
});

describe('the account of a soak', () => {
  it('is blank while nothing happens, whatever was before', () => {
    const account = new Account(look(0));
    account.take(look(1));
    expect(account.take(look(2))).to.deep.equal({
      ...{ seconds: 2, drained: [], killed: [], weightChanges: 0, lowestWeight: 100, wellSince: 0 },
      ...{ healings: 0, reloads: 0, lostScrapes: 0 },
    });
  });

  it('counts changes of weights, and sees since when all is as it was', () => {
    const account = new Account(look(0));
    account.take(look(1, { zone: 'yellow', weight: 50, applied: 100 }));
    account.take(look(2, { zone: 'yellow', weight: 50, applied: 50 }));
    expect(account.figures).to.deep.include({ weightChanges: 1, lowestWeight: 50, wellSince: null, drained: [] });
    account.take(look(3, { weight: 100, applied: 50 }));
    account.take(look(4));
    expect(account.take(look(5))).to.deep.include({ weightChanges: 2, lowestWeight: 50, wellSince: 4 });
  });

  it('knows for good who was out, and whose process is another', () => {
    const account = new Account(look(0));
    account.take(look(1, { lifecycle: 'out', weight: 0, applied: 0 }));
    account.take(look(2, {}, { processes: new Map([['orders-1', 'later']]), healings: 3, reloads: 9, lostScrapes: 8 }));
    account.take(look(3, { action: 'orders/orders-2/1' }));
    expect(account.take(look(4))).to.deep.include({ drained: ['orders-2'], killed: ['orders-1', 'orders-2'] });
  });

  it('does not take an answer that failed for a death', () => {
    const account = new Account(look(0));
    expect(account.take(look(1, {}, { processes: new Map([['orders-1', null]]) })).killed).to.deep.equal([]);
  });
});

const seen = (change: Partial<Seen> = {}): Seen => ({
  ...{ seconds: 60, drained: [], killed: [], weightChanges: 0, lowestWeight: 100, wellSince: 0 },
  ...{ healings: 0, reloads: 0, lostScrapes: 9, clientErrors: 9 },
  ...change,
});

describe('the verdict of a soak', () => {
  for (const name of caseNames) {
    it(`${name}: well when nothing happened, and never when something was killed or healed`, () => {
      expect(cases[name].verdict(seen())).to.have.property('ok', true);
      for (const harm of [{ killed: ['orders-1'] }, { healings: 1 }])
        expect(cases[name].verdict(seen(harm))).to.have.property('ok', false);
    });

    it(`${name}: not well when there was nothing to bear`, () => {
      expect(cases[name].verdict(seen({ clientErrors: 0, lostScrapes: 0 })).why).to.match(/there was no (noise|spike)/);
    });
  }

  it('base-errors: nobody out, no reload', () => {
    expect(cases['base-errors'].verdict(seen({ drained: ['orders-3'] })).why).to.equal(
      'orders-3 taken out of rotation',
    );
    expect(cases['base-errors'].verdict(seen({ reloads: 1 })).why).to.equal('1 reloads');
  });

  it('lost-scrapes: no change of any weight', () => {
    expect(cases['lost-scrapes'].verdict(seen({ weightChanges: 2 })).why).to.equal('2 changes of weights');
  });

  it('spike: out is allowed, full weight again within 90 s; watched until it is forgotten', () => {
    const { verdict, isOver } = cases.spike;
    expect(verdict(seen({ drained: ['orders-2'], reloads: 7, weightChanges: 7, wellSince: 77 })).ok).to.equal(true);
    expect(verdict(seen({ wellSince: 91 })).ok).to.equal(false);
    expect(verdict(seen({ wellSince: null })).ok).to.equal(false);
    expect(isOver(seen({ seconds: 30 }), 2)).to.equal(false);
    expect(isOver(seen({ seconds: 36 }), 2)).to.equal(true);
    expect(isOver(seen({ seconds: 100, wellSince: null }), 2)).to.equal(false);
    expect(isOver(seen({ seconds: 130, wellSince: null }), 2)).to.equal(true);
  });
});

const program = join(dirname(fileURLToPath(import.meta.url)), '../../../scripts/demo/soak.js');

/** What `scripts/demo/soak --json` promises. */
const resultSchema = z.strictObject({
  ...{ case: z.enum(caseNames), interval: z.string(), seed: z.number(), overrides: z.record(z.string(), z.string()) },
  ...{ seconds: z.number(), drained: z.array(z.string()), killed: z.array(z.string()), weightChanges: z.number() },
  ...{ lowestWeight: z.number().nullable(), wellSince: z.number().nullable(), healings: z.number() },
  ...{ reloads: z.number(), lostScrapes: z.number(), reloadErrors: z.number(), ok: z.boolean(), why: z.string() },
  clients: z.looseObject({ requests: z.number(), errors: z.number() }),
});

const soak = (...words: readonly string[]): Promise<z.infer<typeof resultSchema> & { readonly status: number }> =>
  new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [program, ...words], (error, stdout, stderr) => {
      try {
        resolve({ ...resultSchema.parse(JSON.parse(stdout)), status: child.exitCode ?? -1 });
      } catch (cause) {
        reject(new Error(`no result: ${stderr.slice(-2_000)} ${error?.message.slice(0, 200) ?? ''}`, { cause }));
      }
    });
  });

describe('a soak of the demo fleet', function () {
  this.timeout(90_000);
  before(function () {
    needs(this, 'consul', 'nginx');
  });

  const bears = async (...words: readonly string[]): Promise<void> => {
    const result = await soak('--json', '--case', ...words);
    expect(result.ok, JSON.stringify(result)).to.equal(true);
    expect(result.status).to.equal(0);
    expect(result.reloadErrors).to.equal(0);
  };

  // With this seed four of the first sixty scrapes are lost, in both ways.
  it('bears lost scrapes for 10 s', () => bears('lost-scrapes', '--minutes', '0.16', '--seed', '686'));

  it('tells a wrong word from a case', async () => {
    expect(await soak('--case', 'nonsense').then(() => null, String)).to.include('expected one of base-errors, spike');
  });

  it('long: bears 1 % base errors for ten minutes', () => bears('base-errors')).timeout(720_000);
  it('long: bears a spike of 2 s', () => bears('spike')).timeout(240_000);
  it('long: bears 1 % of lost scrapes for ten minutes', () => bears('lost-scrapes')).timeout(720_000);
});
