import { expect } from 'chai';
import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApi } from '../../cli/api.js';
import { contextOf } from '../../cli/commands/context.js';
import { previewPlan, previewText } from '../../cli/commands/preview.js';
import { diffLines } from '../../cli/diff.js';
import type { Preview, PreviewRequest } from '../../scheduler/client/index.js';
import { ioWith } from '../support/io.js';
import { plan } from '../support/wire.js';

const plain = (_: string, text: string): string => text;
const of = (before: string, after: string, notes: string[] = []): Preview => ({
  ...{ before, after, plan, notes },
  differs: before !== after,
});

describe('a difference of two texts', () => {
  it('keeps what both have, and is both of them', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (one, other) => {
        const lines = diffLines(one, other);
        const side = (sign: string): string =>
          lines
            .filter((line) => line.sign === ' ' || line.sign === sign)
            .map((line) => line.text)
            .join('\n');
        expect([side('-'), side('+')]).deep.equal([one.replace(/\n$/, ''), other.replace(/\n$/, '')]);
      }),
    );
    expect(diffLines('a\nb\nc\n', 'a\nx\nc\n').map(({ sign, text: line }) => sign + line)).deep.equal([
      ' a',
      '-b',
      '+x',
      ' c',
    ]);
  });
});

describe('ballast plan -f', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-preview-'));
    writeFileSync(join(folder, 'orders.yaml'), 'service: orders\n');
    writeFileSync(join(folder, 'users.yml'), 'service: users\n');
    writeFileSync(join(folder, 'notes.txt'), 'no service\n');
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = async (
    preview: Preview,
    paths: readonly string[],
    format: 'text' | 'json' = 'text',
    exitCode = false,
  ) => {
    const told = { out: '', err: '', asked: null as PreviewRequest | null };
    const io = ioWith({ out: (text) => void (told.out += text), err: (text) => void (told.err += text) });
    const api = {
      ...createApi({ engine: 'http://127.0.0.1:1', scheduler: 'http://127.0.0.1:1', token: null }),
      preview: async (request: PreviewRequest) => {
        told.asked = request;
        return preview;
      },
    };
    return { code: await previewPlan(contextOf(io, api), paths, { format, exitCode }), ...told };
  };

  it('sends the files of a folder, or those that are named', async () => {
    const { asked } = await run(of('a\n', 'a\n'), [folder]);
    expect(asked?.services.map(({ text }) => text)).deep.equal(['service: orders\n', 'service: users\n']);
    expect((await run(of('a\n', 'a\n'), [join(folder, 'users.yml')])).asked?.services).length(1);
    const failure = await run(of('a', 'a'), [join(folder, 'none.yaml')]).catch((error: unknown) => error);
    expect(failure).include({ code: 'USAGE' });
  });

  it('prints the plan, and what of it differs under the service that it belongs to', () => {
    const before = 'orders -> a\n  orders-1  100\n  orders-2  100\n\nusers -> b\n  users-1  100\n';
    const after = 'orders -> a\n  orders-1  100\n  orders-2  out\n\nusers -> b\n  users-1  60\n';
    expect(previewText(of(before, after), plain)).equal(
      `${after}
Against what the files in force come to:
  orders -> a
-   orders-2  100
+   orders-2  out
  users -> b
-   users-1  100
+   users-1  60
`,
    );
    expect(previewText(of(before, before), plain)).equal(before);
  });

  it('says beside the data when nothing would change, and what is not known', async () => {
    const same = await run(of('a\n', 'a\n', ['users is not in force']), [folder], 'text', true);
    expect(same).deep.include({ code: 0, out: 'a\n', err: 'users is not in force\nnothing would change\n' });
    const other = await run(of('a\n', 'b\n'), [folder], 'json', true);
    expect(other).deep.include({ code: 2, err: '' });
    expect(JSON.parse(other.out)).include({ before: 'a\n', after: 'b\n', differs: true });
  });
});
