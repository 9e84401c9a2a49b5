/** `ballast check metrics`, as built. */
import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { checkMetricsBatch } from '../../cli/commands/check-metrics.js';
import { linesOf } from '../../cli/lines.js';
import { ioWith } from '../support/io.js';

const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

const ballast = async (args: readonly string[], input: string): Promise<{ code: number; out: string; err: string }> => {
  const child = spawn(process.execPath, [main, 'check', 'metrics', ...args]);
  let [out, err] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (err += data.toString()));
  child.stdin.end(input);
  const code = await new Promise<number>((resolve) => child.on('close', (ended) => resolve(ended ?? -1)));
  return { code, out, err };
};

/** The answers to a batch, without a process. */
const batch = async (input: string): Promise<readonly unknown[]> => {
  let out = '';
  const io = ioWith({ out: (text) => void (out += text), input: () => Readable.from([Buffer.from(input)]) });
  expect(await checkMetricsBatch(io)).to.equal(0);
  return out
    .split('\n')
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line));
};

describe('ballast check metrics', () => {
  it('lists samples, and says beside them what was read', async () => {
    const { code, out, err } = await ballast([], 'up 1\nx{a="b\\n"} +Inf\n');
    expect({ code, out }).to.deep.equal({ code: 0, out: 'up 1\nx{a="b\\n"} +Inf\n' });
    expect(err).to.equal('fine: 2 samples of 2 names, read as Prometheus text 0.0.4\n');
  });

  it('counts one sample of one name', async () => {
    expect((await ballast([], 'up 1\n')).err).to.equal('fine: 1 sample of 1 name, read as Prometheus text 0.0.4\n');
  });

  it('-o json prints a line for each sample', async () => {
    const type = 'application/openmetrics-text; version=1.0.0';
    const { code, out } = await ballast(
      ['-o', 'json', '--content-type', type],
      '# TYPE a gauge\na{b="c"} NaN\n# EOF\n',
    );
    expect({ code, out }).to.deep.equal({ code: 0, out: '["a",{"b":"c"},"NaN"]\n' });
  });

  it('tells all that is wrong on stderr, prints no sample and fails', async () => {
    const { code, out, err } = await ballast([], 'up 1\nup x\n# TYPE a b\n');
    expect({ code, out }).to.deep.equal({ code: 1, out: '' });
    expect(err.split('\n')).to.have.length(4);
    expect(err).to.match(/^line 2 has "x" for a value\nline 3 has "b" for a type.*\nnot a good page: 2 problems/);
  });

  it('answers each line of a batch, in order, whatever it holds', async () => {
    const asked = [
      JSON.stringify({ contentType: 'text/plain; version=0.0.4', text: 'a{b="c"} -Inf\n' }),
      'no JSON',
      '',
      JSON.stringify({ contentType: 'application/openmetrics-text; version=1.0.0', text: 'a 1\n' }),
      '[]',
      JSON.stringify({ text: '{"a":{"b":1}}' }),
      JSON.stringify({ contentType: null, text: 'a 1 # {} 1' }),
    ];
    const { code, out } = await ballast(['--batch'], asked.join('\n'));
    expect(code).to.equal(0);
    const answers = out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(answers.map(({ ok }) => ok)).to.deep.equal([true, false, false, false, false, true, false]);
    expect(answers[0]).to.deep.equal({ ok: true, samples: [['a', { b: 'c' }, '-Inf']] });
    expect(answers[3])
      .to.have.property('error')
      .that.matches(/line 2 is the end of the page, without # EOF/);
    expect(answers[5]).to.deep.equal({ ok: true, samples: [['a_b', {}, 1]] });
    for (const { ok, error } of answers) expect(typeof error).to.equal(ok === true ? 'undefined' : 'string');
  });

  it('answers a batch without a last line feed, and none at all', async () => {
    expect(await batch('{"text":"a 1"}')).to.deep.equal([{ ok: true, samples: [['a', {}, 1]] }]);
    expect(await batch('')).to.deep.equal([]);
  });

  it('reads lines across chunks, and characters across them', async () => {
    const bytes = Buffer.from('ü1\n\nsecond\nlast');
    const chunks = Array.from(bytes, (byte) => Uint8Array.of(byte));
    const lines: string[] = [];
    for await (const some of linesOf(Readable.from(chunks) as AsyncIterable<Uint8Array>)) lines.push(...some);
    expect(lines).to.deep.equal(['ü1', '', 'second', 'last']);
  });
});
