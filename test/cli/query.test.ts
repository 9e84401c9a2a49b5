/** `ballast query`. */
import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { run } from '../../cli/run.js';
import { ioWith } from '../support/io.js';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One command line, without a process. */
const ballast = async (args: readonly string[], input = ''): Promise<Ended> => {
  let [out, err] = ['', ''];
  const io = ioWith({
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    input: () => Readable.from([Buffer.from(input)]),
  });
  const code = await run(['query', ...args], io);
  return { code, out, err };
};

const batch = async (lines: readonly unknown[]): Promise<readonly unknown[]> => {
  const input = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  const { code, out } = await ballast(['--batch'], `${input}\n`);
  expect(code).to.equal(0);
  return out
    .split('\n')
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line));
};

const series = [
  { name: 'c', labels: { job: 'a' }, stepSeconds: 5, values: [0, 10, 20, 30, 40, 50, 60] },
  { name: 'g', labels: { job: 'a', empty: '' }, stepSeconds: 5, values: [1, null, 'NaN', '+Inf', '-Inf', 'stale', 7] },
  { name: 'half', labels: {}, stepSeconds: 0.5, values: [1, 2, 3] },
];

describe('ballast query --batch', () => {
  const evals: readonly (readonly [expr: string, atSeconds: number, answer: unknown])[] = [
    ['c', 12, [{ labels: { __name__: 'c', job: 'a' }, value: 20 }]],
    ['rate(c[20s])', 30, [{ labels: { job: 'a' }, value: 2 }]],
    ['g', 0, [{ labels: { __name__: 'g', job: 'a' }, value: 1 }]],
    ['g', 9, [{ labels: { __name__: 'g', job: 'a' }, value: 1 }]],
    ['g', 10, [{ labels: { __name__: 'g', job: 'a' }, value: 'NaN' }]],
    ['g', 15, [{ labels: { __name__: 'g', job: 'a' }, value: '+Inf' }]],
    ['-g', 15, [{ labels: { job: 'a' }, value: '-Inf' }]],
    ['g', 26, []],
    ['count_over_time(g[1m])', 30, [{ labels: { job: 'a' }, value: 5 }]],
    ['g{empty=""}', 30, [{ labels: { __name__: 'g', job: 'a' }, value: 7 }]],
    ['half', 0.75, [{ labels: { __name__: 'half' }, value: 2 }]],
    ['1 + 1', 0, [{ labels: {}, value: 2 }]],
    ['time()', 12.345, [{ labels: {}, value: 12.345 }]],
    ['c offset -5s', 10, [{ labels: { __name__: 'c', job: 'a' }, value: 30 }]],
    ['nothing', 10, []],
  ];
  for (const [expr, atSeconds, answer] of evals)
    it(`answers ${expr} at ${atSeconds} s`, async () => {
      expect(await batch([{ series, evals: [{ atSeconds, expr }] }])).to.deep.equal([{ results: [answer] }]);
    });

  it('answers each evaluation apart, whatever becomes of the others', async () => {
    const asked = ['c', 'rate(c[', 'holt_winters(c[1m], 0.5, 0.5)', 'c + on () {__name__=~"c|g"}', 'c[1m:5s]', '2'];
    const [answered] = await batch([{ series, evals: asked.map((expr) => ({ atSeconds: 10, expr })) }]);
    const { results } = answered as { results: ({ error?: string } | unknown[])[] };
    expect(results).to.have.length(asked.length);
    const errors = results.map((each) => (Array.isArray(each) ? null : each.error));
    expect(errors[0]).to.equal(null);
    expect(errors[1]).to.match(/ends too early \(characters 7 to 7 of "rate\(c\["\)/);
    expect(errors[2]).to.match(/"holt_winters" is not supported.*source: prometheus/);
    expect(errors[3]).to.match(/many-to-many/);
    expect(errors[4]).to.match(/subqueries are not supported.*source: prometheus/);
    expect(errors[5]).to.equal(null);
  });

  it('repeats only the begin of a very long query that is refused', async () => {
    const evals = [{ atSeconds: 0, expr: '('.repeat(20_000) }];
    const [answer] = await batch([{ series: [], evals }]);
    expect(JSON.stringify(answer))
      .to.match(/more than 10000 characters.*…/)
      .and.have.length.below(700);
  });

  it('answers each line in order, and a line that is no question with an error', async () => {
    const good = { series: [], evals: [{ atSeconds: 0, expr: '1' }] };
    const one = { results: [[{ labels: {}, value: 1 }]] };
    const answers = await batch([
      good,
      'no JSON',
      '',
      '[]',
      { series: [{ name: 'x', labels: {}, stepSeconds: 0, values: [] }], evals: [] },
      { series: [{ name: 'x', labels: {}, stepSeconds: 1, values: ['five'] }], evals: [] },
      { series: [series[0], series[0]], evals: [] },
      { series: [], evals: [{ atSeconds: 1 }] },
      good,
    ]);
    expect(answers).to.have.length(9);
    expect([answers[0], answers[8]]).to.deep.equal([one, one]);
    for (const bad of answers.slice(1, -1)) expect(bad).to.have.property('error').that.is.a('string');
    expect(answers[6]).to.deep.equal({ error: 'a series is listed twice: {"job":"a","__name__":"c"}' });
  });

  it('answers a line before the next one comes', async () => {
    const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
    const child = spawn(process.execPath, [main, 'query', '--batch'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface(child.stdout);
    for (const expr of ['1', '2']) {
      child.stdin.write(`${JSON.stringify({ series: [], evals: [{ atSeconds: 0, expr }] })}\n`);
      const [line] = (await once(lines, 'line')) as [string];
      expect(JSON.parse(line)).to.deep.equal({ results: [[{ labels: {}, value: Number(expr) }]] });
    }
    child.stdin.end();
    expect(await once(child, 'close')).to.deep.equal([0, null]);
  }).timeout(20_000);
});

describe('ballast query', () => {
  const page = 'up 1\nx{a="b"} 3\nx{a="c"} +Inf\n';

  it('answers over a page on standard input', async () => {
    expect(await ballast(['x'], page)).to.deep.equal({ code: 0, out: 'x{a="b"} 3\nx{a="c"} +Inf\n', err: '' });
    expect(await ballast(['count(x)'], page)).to.deep.equal({ code: 0, out: '2\n', err: '' });
    const { out } = await ballast(['-o', 'json', 'sum by (a) (x)'], page);
    expect(JSON.parse(out)).to.deep.equal([
      { labels: { a: 'b' }, value: 3 },
      { labels: { a: 'c' }, value: '+Inf' },
    ]);
  });

  it('says why there is no answer', async () => {
    expect(await ballast(['nothing'], page)).to.deep.equal({ code: 0, out: '', err: 'no value\n' });
    expect((await ballast(['rate(x[1m])'], page)).err).to.match(/a range needs more than one reading of a page/);
    expect((await ballast(['x'])).err).to.equal('no value: the page shows no series\n');
    const broken = await ballast(['sum(x'], page);
    expect(broken.code).to.equal(1);
    expect(broken.err).to.match(/ends too early/);
    expect((await ballast(['{__name__=~"x|up"} * on () up'], 'x 1\nup 1\nup{a="b"} 1\n')).code).to.equal(1);
    expect((await ballast(['x'], '<html>')).code).to.equal(1);
    expect((await ballast([])).code).to.equal(64);
    expect((await ballast(['x', '--url', 'ftp://x'])).code).to.equal(64);
    expect((await ballast(['x', '--times', '0'])).code).to.equal(64);
  });

  it('reads a live page as often as the query needs', async () => {
    let reads = 0;
    const server = createServer((_, response) => response.end(`c ${(reads += 1) * 10}\n`)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
    expect((await ballast(['c', '--url', url])).out).to.equal('c 10\n');
    const twice = await ballast(['delta(c[1m]) > bool 0', '--url', url, '--every', '20ms']);
    expect(twice.out).to.equal('1\n');
    expect(twice.err).to.match(/^only \d+ms of a range of 1m were seen/);
    expect(reads).to.equal(3);
    expect((await ballast(['count_over_time(c[1m])', '--url', url, '--every', '5ms', '--times', '4'])).out).to.equal(
      '4\n',
    );
    server.close();
    server.closeAllConnections();
    const { code, err } = await ballast(['c', '--url', url]);
    expect(code).to.equal(1);
    expect(err).to.match(/connection refused/);
  });
});
