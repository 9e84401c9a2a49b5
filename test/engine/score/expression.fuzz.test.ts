import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { checkExpression, compileExpression } from '../../../engine/score/expression.js';
import { packageRoot } from '../../../lib/paths.js';

const metrics = new Set(['cpu', 'threads', 'constructor', 'in', 'max']);

/** What could be strung together by somebody who means harm, or by a cat on the keyboard. */
const pieces = [
  ...['cur', 'p', 'good', 'critical', 'cpu.p', 'threads.cur', 'cpu', '1', '0', '2.5', '1e308', '9^9^9^9', '0xff', '5%'],
  ...[
    '+',
    '-',
    '*',
    '/',
    '^',
    '%',
    '!',
    "'",
    '<',
    '>=',
    '==',
    '?',
    ':',
    '=',
    ';',
    ',',
    '.',
    '..',
    '?.',
    '??',
    '|',
    '~',
  ],
  ...['(', ')', '[', ']', '{', '}', '"', '`', '\\', '\n', '#', ' ', ' and ', ' not ', ' xor ', ' to ', ' in ', ' mod '],
  ...['max(', 'min(', 'sqrt(', 'log(', 'round(', 'import(', 'evaluate(', 'parse(', 'f(x)=', 'constructor', '__proto__'],
  ...[
    '.constructor',
    '["constructor"]',
    '.call(',
    '.p',
    '.cur',
    'process',
    'globalThis',
    'require',
    'true',
    'null',
    'i',
  ],
] as const;
const strung = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join(''));
const nested = fc
  .tuple(
    fc.constantFrom('(', '-', 'not ', 'max(', 'p^', 'p?', '[', '{a:', '1+(', '!'),
    fc.integer({ min: 1, max: 500 }),
  )
  .map(([piece, count]) => `${piece.repeat(count)}p${')'.repeat(count)}`);
const text = fc.oneof(
  { weight: 6, arbitrary: strung },
  { weight: 2, arbitrary: nested },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 600 }) },
);
const number = fc.oneof(fc.double(), fc.constantFrom(0, -0, 1, Number.MAX_VALUE, Number.MIN_VALUE));
const scopes = fc.record({ cur: number, good: number, critical: number, p: number, other: number });

/** One text, whatever it is: refused in words, or a curve whose penalty is a share or no number. */
const holds = (
  written: string,
  { other, ...own }: { cur: number; good: number; critical: number; p: number; other: number },
) => {
  const wrong = checkExpression(written, metrics);
  if (wrong !== null) return void expect(wrong).a('string').and.not.equal('');
  const { evaluate, references } = compileExpression(written);
  for (const { metric, field } of references)
    expect([metrics.has(metric), ['cur', 'p'].includes(field)]).deep.equal([true, true]);
  const value = { cur: other, p: other };
  const penalty = evaluate({ ...own, cpu: value, threads: value, constructor: value });
  expect(Number.isNaN(penalty) || (penalty >= 0 && penalty <= 1), `${written} gave ${penalty}`).equal(true);
};

type Own = Readonly<Record<'cur' | 'good' | 'critical' | 'p', number>>;
interface Spelled {
  readonly text: string;
  readonly value: (own: Own) => number;
}

const binary: readonly (readonly [string, (a: number, b: number) => number])[] = [
  ['+', (a, b) => a + b],
  ['-', (a, b) => a - b],
  ['*', (a, b) => a * b],
  ['/', (a, b) => a / b],
];

/** An expression beside what it must come to. */
const { spelled } = fc.letrec<{ spelled: Spelled }>((tie) => ({
  spelled: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<keyof Own>('cur', 'good', 'critical', 'p').map((name): Spelled => {
      return { text: name, value: (own) => own[name] };
    }),
    fc.nat(1_000).map((n): Spelled => ({ text: String(n), value: () => n })),
    fc.tuple(tie('spelled'), fc.constantFrom(...binary), tie('spelled')).map(([a, [sign, apply], b]): Spelled => {
      return { text: `(${a.text} ${sign} ${b.text})`, value: (own) => apply(a.value(own), b.value(own)) };
    }),
    fc.tuple(tie('spelled'), tie('spelled'), tie('spelled')).map(([a, b, c]): Spelled => {
      const value = (own: Own): number => (a.value(own) > 0 ? b.value(own) : c.value(own));
      return { text: `(${a.text} > 0 ? ${b.text} : ${c.text})`, value };
    }),
    tie('spelled').map((a): Spelled => ({ text: `abs(${a.text})`, value: (own) => Math.abs(a.value(own)) })),
  ),
}));
/** mathjs compares with a tolerance of 1e-12 of the larger: whole numbers are well apart. */
const cell = fc.integer({ min: -1_000, max: 1_000 });
const whole = fc.record({ cur: cell, good: cell, critical: cell, p: cell });

const worlds = (): readonly unknown[] => [
  Reflect.ownKeys(Object.prototype).length,
  Reflect.ownKeys(Array.prototype).length,
  Reflect.ownKeys(Function.prototype).length,
  Reflect.ownKeys(globalThis).length,
];

describe('any text as an expression', () => {
  it('is refused in words or gives a penalty, and changes nothing outside', () => {
    const before = worlds();
    fc.assert(fc.property(text, scopes, holds), { numRuns: 3_000 });
    expect(worlds()).deep.equal(before);
  });

  it('long: the same, a hundred thousand times', () => {
    fc.assert(fc.property(text, scopes, holds), { numRuns: 100_000 });
  }).timeout(600_000);

  it('says the same as the arithmetic that it spells', () => {
    fc.assert(
      fc.property(spelled, whole, ({ text: written, value }, { cur, good, critical, p }) => {
        const own = { cur, good, critical, p };
        const [found, expected] = [compileExpression(written).evaluate(own), value(own)];
        expect(Object.is(found, Math.min(1, Math.max(0, expected))) || found - expected === 0, written).equal(true);
      }),
      { numRuns: 500 },
    );
  });

  it('does not lose its values to what others compute', () => {
    const curve = compileExpression('p');
    const scope = Object.freeze({ cur: 1, good: 0, critical: 2, p: 0.5 });
    expect(curve.evaluate(scope)).equal(0.5);
    expect(scope).deep.equal({ cur: 1, good: 0, critical: 2, p: 0.5 });
  });
});

describe('mathjs', () => {
  /** In a process of its own: here some test has loaded it already. */
  const loadedAfter = (metricsText: string): string =>
    execFileSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `const at = (file) => import(new URL(file, 'file://${join(packageRoot, 'dist')}/').href);
         const { policyFor } = await at('test/support/policy.js');
         const { Timeline } = await at('test/support/timeline.js');
         const { isMathjsLoaded } = await at('engine/score/mathjs.js');
         await at('engine/main.js');
         new Timeline(policyFor(${JSON.stringify(metricsText)})).next();
         process.stdout.write(String(isMathjsLoaded()));`,
      ],
      { encoding: 'utf8' },
    );

  it('is loaded by an engine only when some metric has an expression', function () {
    // Two programs are started, one after the other, on a machine that may be busy.
    this.timeout(60_000);
    expect(loadedAfter('preset: node')).equal('false');
    expect(loadedAfter('preset: node\nmetrics: {cpu: {curve: {expression: "p^2"}}}')).equal('true');
  });
});
