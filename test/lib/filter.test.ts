import { expect } from 'chai';
import fc from 'fast-check';
import { z } from 'zod';
import { BallastError } from '../../lib/errors.js';
import { compileFilter, fieldsOf, longestFilter } from '../../lib/filter/index.js';
import { isoTime } from '../../lib/time.js';

const rowSchema = z.object({
  zone: z.enum(['green', 'yellow', 'red', 'unknown']),
  name: z.string(),
  score: z.number().nullable(),
  since: isoTime,
  held: z.boolean(),
  up: z.object({ state: z.string(), why: z.string().nullable() }),
  tags: z.array(z.string()),
  causes: z.array(z.object({ name: z.string(), points: z.number() })),
});
const fields = fieldsOf(rowSchema);
const now = Date.UTC(2030, 0, 1, 12);
const row = {
  zone: 'red',
  name: 'orders-2',
  score: 20,
  since: now - 600_000,
  held: false,
  up: { state: 'up', why: null },
  tags: ['prod', 'eu'],
  causes: [
    { name: 'cpu', points: 10 },
    { name: 'error_ratio', points: 70 },
  ],
};

const passes = (source: string, change: Partial<z.output<typeof rowSchema>> = {}): boolean =>
  compileFilter(source, fields)({ ...row, ...change }, now);

const refusal = (source: string): string => {
  try {
    compileFilter(source, fields);
  } catch (error) {
    if (error instanceof BallastError && error.code === 'INVALID_FILTER' && error.status === 400)
      return `${error.message} | ${error.hint ?? ''}`;
    throw error;
  }
  return 'no refusal';
};

describe('filters', () => {
  const rows: readonly (readonly [source: string, passes: boolean])[] = [
    ['zone == "red"', true],
    ['zone == red', true],
    ['zone != red', false],
    ['zone == "red" and score < 40', true],
    ['zone == "red" and score < 20', false],
    ['score <= 20 and score >= 20 and not score > 20', true],
    ['zone == green or zone == red and score < 10', false],
    ['(zone == green or zone == red) and score < 21', true],
    ['not (zone == green) and not not held == false', true],
    ['zone in ["yellow", "red"]', true],
    ['zone not in [yellow, red]', false],
    ['"prod" in tags', true],
    ['"us" not in tags', true],
    ['tags contains prod and tags not contains "us"', true],
    ['causes.name contains "error_ratio"', true],
    ['causes.name contains "error"', false],
    ['causes.points contains 70', true],
    ['name contains "ders"', true],
    ['"ders" in name', true],
    ['name matches "orders-[0-9]"', true],
    ['name matches "orders"', false],
    ['name not matches `.*-\\d+`', false],
    ['tags matches "e."', true],
    ['up.state == up', true],
    ['up.why is empty', true],
    ['up.why is not empty', false],
    ['up.why == "x" or up.why != "x"', true],
    ['causes is empty', false],
    ['held', false],
    ['not held', true],
    ['held == false', true],
    ['since < -5m', true],
    ['since < -15m', false],
    ['since >= "2030-01-01T11:50:00Z"', true],
    ['since < "2030-01-01"', false],
  ];
  for (const [source, expected] of rows)
    it(`${source} is ${expected}`, () => {
      expect(passes(source)).to.equal(expected);
    });

  it('takes what is not known for neither more nor less, nor equal', () => {
    const unknown = { score: null };
    expect(passes('score < 40 or score >= 40 or score == 0', unknown)).to.equal(false);
    expect(passes('score is empty and score != 0', unknown)).to.equal(true);
    expect(passes('score is empty', { score: 0 })).to.equal(false);
    expect(passes('tags is empty', { tags: [] })).to.equal(true);
  });

  it('undoes quotes and escapes', () => {
    expect(passes('name == "a \\"b\\" \\\\"', { name: 'a "b" \\' })).to.equal(true);
    expect(passes('name == `a "b"`', { name: 'a "b"' })).to.equal(true);
  });

  const refused: readonly (readonly [source: string, why: RegExp])[] = [
    ['', /position 1: expected a field, found the end/],
    ['zome == red', /position 1: there is no field zome \| did you mean "zone"\?/],
    ['zone == red and scor < 4', /position 17: .*scor \| did you mean "score"\?/],
    ['zone == rad', /position 9: zone is never "rad" \| did you mean "red"\?/],
    ['zone = red', /position 6: "=" is not understood \| equality is ==/],
    ["zone == 'red'", /position 9: .*double quotes/],
    ['zone == "red', /position 9: a quote is opened and never closed/],
    ['zone < red', /position 6: zone has no order/],
    ['score < "40"', /position 9: score is a number, and "40" is none/],
    ['score < ten', /position 9: score is a number/],
    ['score contains 4', /position 7: score is neither a list nor a text/],
    ['tags == prod', /position 6: tags is a list, which == cannot compare/],
    ['causes.points < 3', /position 15: causes\.points is a list/],
    ['causes == 3', /is a list/],
    ['up == up', /position 7: up has parts/],
    ['held == yes', /position 9: held is true or false/],
    ['since < yesterday', /position 9: yesterday is no time \| such as -10m/],
    ['score', /position 6: score is followed by the end, not by an operator/],
    ['zone == red zone == red', /position 13: "zone" is one too many/],
    ['(zone == red', /position 13: expected \), found the end/],
    ['zone == and', /position 9: expected a value, found "and"/],
    ['zone in red', /position 9: expected \[, found "red"/],
    ['and zone == red', /position 1: expected a field, found "and"/],
    ['name matches "(a"', /position 14: this pattern cannot be used/],
    ['name matches "[b-a]"', /position 14: this pattern cannot be used/],
    ['score matches "4"', /position 7: score is no text/],
    ['name == \u0001', /position 9: "\\u0001" is not understood/],
    ['constructor == 1', /there is no field constructor/],
    ['__proto__ is empty', /there is no field __proto__/],
    [`name matches "${'a'.repeat(201)}"`, /longer than 200/],
    [`name == "${'a'.repeat(longestFilter)}"`, /at most 1024 characters/],
    [`${'('.repeat(30)}held${')'.repeat(30)}`, /more than 20 deep/],
    [`${'not '.repeat(30)}held`, /more than 20 deep/],
  ];
  for (const [source, why] of refused)
    it(`refuses ${JSON.stringify(source.slice(0, 40))} with its place`, () => {
      expect(refusal(source)).to.match(why);
    });

  it('says of anything whatever either what it means, or what is wrong with it', () => {
    const piece = fc.constantFrom(
      ...['zone', 'score', 'held', 'tags', 'name', 'up.state', 'since', 'causes', '"red"', 'red', '40', '-5m'],
      ...['==', '!=', '<', '>=', '(', ')', '[', ']', ',', 'and', 'or', 'not', 'in', 'is', 'empty', 'contains'],
      ...['matches', '"a.*"', '`', '"', '\\', '💥'],
    );
    const source = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(' ')),
      fc.string(),
    );
    fc.assert(
      fc.property(source, (text) => {
        if (refusal(text) === 'no refusal') expect(passes(text)).to.be.a('boolean');
      }),
      { numRuns: 2_000 },
    );
  });

  it('combines conditions as logic does', () => {
    const leaf = fc.constantFrom('held', 'zone == red', 'score > 40', 'tags is empty');
    const { tree } = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => `(${a} and ${b})`),
        fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => `(${a} or ${b})`),
        tie('tree').map((a) => `not (${a})`),
      ),
    }));
    const change = fc.record({
      held: fc.boolean(),
      score: fc.constantFrom(30, 50),
      zone: fc.constantFrom('red' as const, 'green' as const),
    });
    /** Innermost first, every bracket is replaced by what it comes to. */
    const byHand = (text: string): boolean => {
      const reduced = text
        .replaceAll('not true', 'false')
        .replaceAll('not false', 'true')
        .replaceAll(/\((true|false) (and|or) (true|false)\)/g, (_, a: string, op: string, b: string) =>
          String(op === 'and' ? a === 'true' && b === 'true' : a === 'true' || b === 'true'),
        )
        .replaceAll(/\((true|false)\)/g, '$1');
      return reduced === text ? text === 'true' : byHand(reduced);
    };
    fc.assert(
      fc.property(tree, change, (text, { held, score, zone }) => {
        fc.pre(text.length <= longestFilter && refusal(text) === 'no refusal');
        const facts: Readonly<Record<string, boolean>> = {
          held,
          'zone == red': zone === 'red',
          'score > 40': score > 40,
          'tags is empty': false,
        };
        const filled = Object.entries(facts).reduce((so, [name, is]) => so.replaceAll(name, String(is)), text);
        expect(passes(text, { held, score, zone })).to.equal(byHand(filled));
      }),
    );
  });

  it('knows the fields of a wire type, those of lists of objects too', () => {
    expect([...fields.keys()]).to.deep.equal([
      ...['zone', 'name', 'score', 'since', 'held', 'up', 'up.state', 'up.why', 'tags'],
      ...['causes', 'causes.name', 'causes.points'],
    ]);
  });
});
