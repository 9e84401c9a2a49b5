import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { headOf, readCommandLine } from '../../lib/command-line.js';
import { packageRoot } from '../../lib/paths.js';

const config = { options: { days: { type: 'string', default: '20' }, json: { type: 'boolean' } } } as const;
const read = (...args: string[]) => readCommandLine(args, 'play [--days N] [--json]', config);

describe('command line', () => {
  it('gives the values that were typed, and the defaults', () => {
    const given = read('--json');
    expect(given.kind).equal('values');
    expect(given.kind === 'values' && { ...given.values }).deep.equal({ days: '20', json: true });
  });

  it('tells the usage to whoever asks, whatever else is typed', () => {
    for (const asked of ['--help', '-h'])
      expect(read('--nonsense', asked)).deep.equal({ kind: 'said', text: 'play [--days N] [--json]\n', status: 0 });
  });

  for (const [what, args, names] of [
    ['an option that there is not', ['--dayz', '3'], '--dayz'],
    ['an option without its value', ['--days'], '--days'],
    ['a word too many', ['tomorrow'], 'tomorrow'],
    ['a value too many', ['--json=yes'], '--json'],
  ] as const)
    it(`tells ${what} in one line that names it, and is no success`, () => {
      const said = read(...args);
      expect(said).include({ kind: 'said', status: 64 });
      expect(said.kind === 'said' && said.text).match(/^[^\n]+ \(--help tells what there is\)\n$/);
      expect(said.kind === 'said' && said.text).contain(names);
    });

  it('reads the usage of a script from its head, and no line of its program', () => {
    const head = headOf('scripts/simulate');
    expect(head).contain('scripts/simulate --replay SEED');
    expect(head).not.match(/^#|set -euo|#!/m);
  });

  it('plays no days at all only to say that all is well: a count that is none is a mistake', () => {
    for (const mistake of ['--days=many', '--days=0', '--hours=0.5', '--replay=']) {
      const program = join(packageRoot, 'dist', 'scripts', 'simulate.js');
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, mistake], { encoding: 'utf8' });
      expect([status, stdout]).deep.equal([64, '']);
      expect(stderr).match(/^--(?:days|hours|replay) [^\n]*: expected a whole number from [01]\n$/);
    }
  }).timeout(30_000);

  for (const program of ['simulate', 'benches/decide'])
    it(`the program of scripts/${program} ends without a stack trace, whatever is typed`, () => {
      const run = (option: string) =>
        spawnSync(process.execPath, [join(packageRoot, 'dist', 'scripts', `${program}.js`), option], {
          encoding: 'utf8',
        });
      const [asked, mistyped] = [run('--help'), run('--nonsense')];
      expect([asked.status, asked.stderr]).deep.equal([0, '']);
      expect(asked.stdout).contain('--json');
      expect([mistyped.status, mistyped.stdout]).deep.equal([64, '']);
      expect(mistyped.stderr).match(/^[^\n]*--nonsense[^\n]*\n$/);
    }).timeout(30_000);

  it('is no error where its reader has seen enough', () => {
    const simulate = join(packageRoot, 'dist/scripts/simulate.js');
    const command = `set -o pipefail; "${process.execPath}" "${simulate}" --replay 3 --hours 1 | head -n 1`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    expect({ status, lines: stdout.split('\n').length, stderr }).deep.equal({ status: 0, lines: 2, stderr: '' });
  });
});
