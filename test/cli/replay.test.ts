import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { progressBar, replay, type ReplayOptions } from '../../cli/commands/replay.js';
import { contextOf } from '../../cli/commands/context.js';
import { createApi } from '../../cli/api.js';
import { replayText } from '../../cli/views/replay.js';
import type { Api } from '../../cli/api.js';
import type { ReplayLine, ReplayRequest } from '../../engine/client/index.js';
import { BallastError } from '../../lib/errors.js';
import { aFaring, aReplay } from '../support/replay.js';
import { ioWith } from '../support/io.js';

const plain = (_: string, text: string): string => text;

describe('ballast replay', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-replay-cli-'));
    writeFileSync(join(folder, 'new.yaml'), 'service: orders\n');
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = async (lines: readonly ReplayLine[], change: Partial<ReplayOptions> = {}, terminal = false) => {
    const told = { out: '', err: '', asked: null as ReplayRequest | null };
    const io = {
      ...ioWith(),
      terminal,
      out: (text: string) => void (told.out += text),
      err: (text: string) => void (told.err += text),
    };
    const api: Api = {
      ...createApi({ engine: 'http://127.0.0.1:1', scheduler: 'http://127.0.0.1:1', token: null }),
      replay: async (request, onLine) => {
        told.asked = request;
        lines.forEach(onLine);
      },
    };
    const options: ReplayOptions = {
      file: join(folder, 'new.yaml'),
      service: undefined,
      sinceMs: 3_600_000,
      format: 'table',
      exitCode: false,
      ...change,
    };
    const code = await replay(contextOf(io, api), options);
    return { ...told, code };
  };
  const progress = { progress: { done: 1, total: 4, evaluations: 12_000 } };
  const result = { result: aReplay() };

  it('sends the text of the file, and prints what came', async () => {
    const { asked, out, err, code } = await run([progress, result]);
    expect(asked).deep.equal({
      policy: { file: join(folder, 'new.yaml'), text: 'service: orders\n' },
      sinceMs: 3_600_000,
    });
    expect(out).match(/^orders: 2 instances, 1,440 evaluations/);
    expect([err, code]).deep.equal(['', 0]);
    expect((await run([result], { service: 'other' })).asked?.service).equal('other');
  });

  it('shows both sides where they differ, worst first, and the first differences', () => {
    const text = replayText(aReplay(), plain, 0);
    expect(text).contain('1 instance would have had other zones.');
    expect(text).match(/^INSTANCE +GREEN +YELLOW +RED/m);
    expect(text).match(/^orders-2 +1h -> 55m +0 +0 -> 5m +0 +0 -> 2 +92 -> 40 +0 -> 1 \(5m\) +100 % -> 91\.7 %$/m);
    expect(text).match(/^orders-1 +1h +0 +0 +0 +0 +92 +0 +100 %$/m);
    expect(text.indexOf('all ')).below(text.indexOf('orders-2'));
    expect(text).match(/ 5m +orders-2 +● green 92 +✖ red 40 +memory$/m);
  });

  it('says so when nothing differs', () => {
    const same = aReplay();
    const instances = same.instances.map((each) => ({ ...each, candidate: aFaring(), differences: 0, first: [] }));
    const text = replayText({ ...same, instances }, plain, 0);
    expect(text).contain('No zone would have been another.').and.not.contain('First differences');
  });

  it('draws its progress only for somebody who watches, and wipes it away', async () => {
    const { err } = await run([progress, result], {}, true);
    expect(err).match(/^\r\[#{8}\.{22}\] 25 %, 12,000 evaluations \r +\r$/);
    expect(progressBar({ done: 0, total: 0, evaluations: 0 })).contain('100 %');
  });

  it('has an exit code for what differs, and data for programs', async () => {
    expect((await run([result], { exitCode: true })).code).equal(2);
    expect((await run([{ result: { ...aReplay(), instances: [] } }], { exitCode: true })).code).equal(0);
    const told = JSON.parse((await run([result], { format: 'json' })).out) as { from: string };
    expect(told.from).equal('2030-01-01T12:00:00.000Z');
  });

  it('fails with what the engine says on the way, or when it ends without a result', async () => {
    const failure = async (lines: readonly ReplayLine[], change = {}): Promise<unknown> =>
      run(lines, change).catch((error: unknown) => error);
    expect(await failure([progress, { error: { code: 'X', detail: 'torn' } }]))
      .instanceOf(BallastError)
      .include({ message: 'torn' });
    expect(await failure([progress])).include({ code: 'REPLAY_FAILED' });
    expect(await failure([], { file: '/nowhere.yaml' })).include({ code: 'USAGE' });
  });
});
