import { expect } from 'chai';
import { createApi, type Api } from '../../cli/api.js';
import { applyConfig } from '../../cli/commands/config.js';
import { contextOf } from '../../cli/commands/context.js';
import { dryRunText } from '../../cli/views/dry-run.js';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { dryRunSchema, type DryRun } from '../../engine/client/index.js';
import { ioWith } from '../support/io.js';
import { aReplay } from '../support/replay.js';

const plain = (_: string, text: string): string => text;

const aDryRun: DryRun = {
  now: {
    notRead: ['queue'],
    instances: [
      {
        instance: 'orders-2',
        before: { zone: 'green', score: 85, weight: 100 },
        after: { zone: 'yellow', score: 85, weight: 71 },
        differs: true,
        why: 'orders-2 would be yellow: score 85 (green is from 90)',
      },
      {
        instance: 'orders-1',
        before: { zone: 'unknown', score: null, weight: null },
        after: { zone: 'unknown', score: null, weight: null },
        differs: false,
        why: 'orders-1 would be unknown: too little is known',
      },
    ],
  },
  history: aReplay(),
};

describe('a dry run of an edit', () => {
  it('is a table of now, and one of the last hour', () => {
    const text = dryRunText(aDryRun, plain, 0);
    expect(text).match(/^orders-2 +● green -> ▲ yellow +85 +100 -> 71 +orders-2 would be yellow/m);
    expect(text).match(/^orders-1 +\? unknown +- +as it is +orders-1 would be unknown/m);
    expect(text).contain('Not read yet, so not judged here: queue.');
    expect(text).contain('1 instance would have had other zones.');
  });

  it('says why history cannot answer, and that nothing is known yet', () => {
    const text = dryRunText({ now: { notRead: [], instances: [] }, history: { refused: 'cpu is new' } }, plain, 0);
    expect(text).equal('Now: nothing is known of its instances.\n\nThe last hour: history cannot answer: cpu is new\n');
  });

  it('is printed by apply --dry-run, as the data for -o json', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ballast-dry-run-'));
    const file = join(folder, 'orders.yaml');
    writeFileSync(file, 'service: orders\n');
    let out = '';
    const whatIf = z.encode(dryRunSchema, aDryRun);
    const api: Api = createApi({ engine: 'http://127.0.0.1:1', scheduler: 'http://127.0.0.1:1', token: null });
    const edit = { service: 'orders', file, etag: null, version: null, done: false, warnings: [], whatIf };
    const config = {
      ...api.config,
      service: () => Promise.reject(new Error('not asked')),
      put: () => Promise.resolve({ ...edit, changes: { added: [], changed: ['orders'], removed: [] } }),
    };
    const context = contextOf(ioWith({ out: (text) => void (out += text) }), { ...api, config });
    await applyConfig(context, file, { dryRun: true, ifMatch: '*' });
    expect(out).match(/^Now:\nINSTANCE/);
    out = '';
    await applyConfig(context, file, { dryRun: true, ifMatch: '*', output: 'json' });
    expect(JSON.parse(out)).deep.equal(whatIf);
    rmSync(folder, { recursive: true });
  });
});
