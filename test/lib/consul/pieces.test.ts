import { expect } from 'chai';
import fc from 'fast-check';
import { glanceAtHealth, hearHealth, readHealth } from '../../../lib/consul/health-list.js';
import { parseHealth } from '../../../lib/consul/catalog.js';
import { piecesOf } from '../../../lib/consul/pieces.js';

const parsed = (text: string, atLeast: number): unknown[] =>
  [...piecesOf(Buffer.from(text), atLeast)].flatMap((piece) => JSON.parse(piece) as unknown[]);

const failureOf = (work: () => unknown): unknown => {
  try {
    work();
    return null;
  } catch (thrown) {
    return thrown;
  }
};

describe('a list in pieces', () => {
  const spaces = fc.constantFrom(0, 1, '\t');

  it('is what it is as a whole, however small they are', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), spaces, fc.nat(40), (list, space, atLeast) => {
        const text = ` ${JSON.stringify(list, null, space)}\n`;
        expect(JSON.stringify(parsed(text, atLeast))).equal(JSON.stringify(list));
      }),
    );
  });

  it('is refused where the whole is', () => {
    const sign = fc.constantFrom('[', ']', '{', '}', ',', ':', '"', '\\', '1', 'a', ' ');
    const broken = fc
      .tuple(fc.array(fc.jsonValue(), { maxLength: 4 }), fc.nat(), sign, fc.nat(2))
      .map(([list, nth, put, cut]) => {
        const text = JSON.stringify(list);
        const at = nth % (text.length + 1);
        return `${text.slice(0, at)}${put}${text.slice(at + cut)}`;
      });
    fc.assert(
      fc.property(fc.oneof(broken, fc.string()), fc.nat(10), (text, atLeast) => {
        const whole = failureOf(() => {
          if (!Array.isArray(JSON.parse(text))) throw new Error('no list');
        });
        expect(failureOf(() => parsed(text, atLeast)) === null).equal(whole === null);
      }),
      { numRuns: 2_000 },
    );
    for (const text of ['[,1]', '[1,]', '[1, ]', '[1,,2]', '[,]', '[1]]', '[[1]', '["]', '[1}'])
      expect(() => parsed(text, 0), text).to.throw();
  });
});

const entry = (nth: number, id = `orders-${nth}`): object => ({
  Node: { Node: `n${nth % 7}`, Address: '10.0.0.1', Datacenter: 'dc1' },
  Service: { ID: id, Service: 'orders', Address: '', Port: 8080, Tags: ['ü', '}],['], Meta: {} },
  Checks: [{ CheckID: 'http', Name: 'http', Status: 'passing', Output: 'x'.repeat(500), ServiceID: id }],
});

describe('a long list of instances', () => {
  const list = Array.from({ length: 3_000 }, (_, nth) => entry(nth, nth === 1_500 ? 'bad id' : undefined));
  const bytes = Buffer.from(JSON.stringify(list));

  it('is read as a short one is, and lets others come first', async () => {
    let turns = 0;
    const count = (): void => {
      turns++;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    const read = await readHealth(bytes);
    clearImmediate(next);
    expect(read).deep.equal(parseHealth(list));
    expect(read.dropped).length(1);
    expect(turns).at.least(bytes.length / (256 * 1024) - 2);
  });

  it('is known again by its content, in whatever order it came, and by nothing else', async () => {
    const { content } = await hearHealth(bytes);
    expect((await hearHealth([...list].reverse())).content).equal(content);
    expect((await hearHealth(list.slice(1))).content).not.equal(content);
    expect((await hearHealth([...list, entry(1, 'another bad id')])).content).not.equal(content);
  });

  it('is no list where it breaks off, also where only its ends are looked at', () => {
    expect(() => glanceAtHealth(bytes)).not.to.throw();
    expect(() => glanceAtHealth(bytes.subarray(0, -1))).to.throw(/no whole JSON list/);
    expect(() => glanceAtHealth(Buffer.from('[{]'))).to.throw();
    expect(() => glanceAtHealth(Buffer.from('[]'))).not.to.throw();
  });
});
