import { expect } from 'chai';
import fc from 'fast-check';
import { NotHttp } from '../../../engine/scrape/not-http.js';
import type { Headers } from '../../../engine/scrape/head.js';
import { AnswerReader } from '../../../engine/scrape/response.js';

interface Heard {
  readonly status: number;
  readonly body: string;
  readonly ended: boolean;
  readonly keeps: boolean;
  readonly keepsFor: number | null;
}

/** What a reader makes of an answer that comes in these pieces, each overwritten after it was read, as on the wire. */
const hear = (pieces: readonly string[], { closes = false, enough = Infinity } = {}): Heard => {
  const heard = { status: 0, ended: false };
  const parts: Buffer[] = [];
  let copied = 0;
  let size = 0;
  const reader = new AnswerReader({
    head: (status: number, _: Readonly<Headers>) => {
      heard.status = status;
      return true;
    },
    data: (bytes) => {
      parts.push(bytes);
      size += bytes.length;
      return size < enough;
    },
    keep: () => {
      for (; copied < parts.length; copied++) parts[copied] = Buffer.from(parts[copied] ?? '');
    },
    end: () => {
      heard.ended = true;
      keepAll();
    },
  });
  const keepAll = (): void => {
    for (; copied < parts.length; copied++) parts[copied] = Buffer.from(parts[copied] ?? '');
  };
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, 'latin1');
    reader.read(bytes);
    bytes.fill(0x58);
  }
  if (closes) reader.close();
  const { keeps, keepsFor } = reader;
  return { ...heard, body: Buffer.concat(parts).toString('latin1'), keeps, keepsFor };
};

const answer = (...lines: readonly string[]): string => lines.join('\r\n');
const counted = answer('HTTP/1.1 200 OK', 'Content-Length: 5', '', 'up 1\n');
const chunked = answer('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '3;x="y"', 'up ', '2', '1\n', '0', '', '');

describe('AnswerReader', () => {
  const good: readonly (readonly [string, string, Partial<Heard>])[] = [
    ['by length', counted, { status: 200, body: 'up 1\n', ended: true, keeps: true }],
    ['in chunks', chunked, { body: 'up 1\n', ended: true, keeps: true }],
    [
      'with trailers',
      answer('HTTP/1.1 200 OK', 'transfer-encoding: Chunked', '', '1', 'x', '000', 'Expires: 0', '', ''),
      { body: 'x', ended: true, keeps: true },
    ],
    ['without a body', answer('HTTP/1.1 204 No Content', '', ''), { status: 204, body: '', ended: true, keeps: true }],
    ['of length 0', answer('HTTP/1.1 200 OK', 'content-length:0', '', ''), { body: '', ended: true, keeps: true }],
    ['without a reason', answer('HTTP/1.1 503 ', 'content-length: 0', '', ''), { status: 503, ended: true }],
    ['with line ends of its own', counted.replaceAll('\r\n', '\n'), { body: 'up 1\n', ended: true }],
    ['after a hint', `HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${counted}`, { status: 200, body: 'up 1\n' }],
    ['from before keep-alive', counted.replace('1.1', '1.0'), { ended: true, keeps: false }],
    [
      'from then, kept',
      counted.replace('1.1', '1.0').replace('\r\n\r\n', '\r\nConnection: Keep-Alive\r\n\r\n'),
      { ended: true, keeps: true },
    ],
    ['that closes', counted.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'), { ended: true, keeps: false }],
    ['with too much', `${counted}HTTP/1.1 200 OK\r\n`, { body: 'up 1\n', ended: true, keeps: false }],
    ['with too much after its chunks', `${chunked}x`, { body: 'up 1\n', ended: true, keeps: false }],
    [
      'with how long it is kept',
      counted.replace('\r\n\r\n', '\r\nKeep-Alive: max=100, timeout=5\r\n\r\n'),
      { keeps: true, keepsFor: 5 },
    ],
  ];
  for (const [what, text, expected] of good) {
    it(`reads an answer ${what}`, () => expect(hear([text])).to.deep.include(expected));
    it(`reads an answer ${what}, byte by byte`, () => expect(hear([...text])).to.deep.equal(hear([text])));
  }

  it('reads what has no length until the connection ends', () => {
    const text = answer('HTTP/1.1 200 OK', 'content-type: text/plain', '', 'up 1\n');
    expect(hear([text])).to.deep.include({ body: 'up 1\n', ended: false });
    expect(hear([...text], { closes: true })).to.deep.include({ body: 'up 1\n', ended: true, keeps: false });
  });

  it('takes a connection that ends early for no end', () => {
    for (const text of [counted, chunked])
      for (let cut = 0; cut < text.length; cut++)
        expect(hear([text.slice(0, cut)], { closes: true }).ended, text.slice(0, cut)).to.equal(false);
  });

  it('gives up when its reader has enough', () => {
    expect(hear([counted], { enough: 3 })).to.deep.include({ ended: false, keeps: false });
    expect(hear([...chunked], { enough: 3 })).to.deep.include({ ended: false, keeps: false });
  });

  const bad: readonly (readonly [string, string, RegExp])[] = [
    ['another protocol', 'SSH-2.0-OpenSSH\r\n', /does not begin with HTTP\/1/],
    ['another protocol at its first byte', 'S', /does not begin/],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n', /does not begin/],
    ['a status that is none', 'HTTP/1.1 20 OK\r\n\r\n', /first line/],
    ['a change of protocol', answer('HTTP/1.1 101 Switching', '', ''), /changes the protocol/],
    ['a header without a colon', answer('HTTP/1.1 200 OK', 'nonsense', '', ''), /a header reads "nonsense"/],
    ['a folded header', answer('HTTP/1.1 200 OK', 'a: b', ' c', '', ''), /a header reads/],
    ['a name with a space', answer('HTTP/1.1 200 OK', 'content-length : 1', '', ''), /a header reads/],
    ['a length that is none', answer('HTTP/1.1 200 OK', 'content-length: +5', '', ''), /its length is "\+5"/],
    ['two lengths', answer('HTTP/1.1 200 OK', 'content-length: 5', 'content-length: 6', '', ''), /length is "5, 6"/],
    [
      'a length and chunks',
      answer('HTTP/1.1 200 OK', 'content-length: 5', 'transfer-encoding: chunked', '', ''),
      /both a length and a transfer coding/,
    ],
    ['another coding', answer('HTTP/1.1 200 OK', 'transfer-encoding: gzip, chunked', '', ''), /coding is "gzip/],
    ['a chunk without a length', `${chunked.slice(0, chunked.indexOf('3;'))}x\r\n`, /chunk's length is "x"/],
    ['a chunk that is too long', chunked.replace('up ', 'up up '), /longer than it says/],
    ['a chunk that is far too large', chunked.replace('3;x="y"', '123456789'), /chunk's length/],
    ['endless headers', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(5_000)}`, /headers are longer than 16384/],
    ['an endless line between chunks', chunked.replace('"y"', 'y'.repeat(5_000)), /too long/],
    ['endless trailers', chunked.replace('0\r\n', `0\r\n${'a: b\r\n'.repeat(5_000)}`), /trailers are too long/],
  ];
  for (const [what, text, why] of bad)
    it(`refuses ${what}`, () => {
      expect(() => hear([text])).to.throw(NotHttp, why);
      expect(() => hear([...text])).to.throw(NotHttp, why);
    });

  it('never looks headers up on a prototype', () => {
    const text = answer('HTTP/1.1 200 OK', '__proto__: x', 'constructor: y', 'content-length: 0', '', '');
    expect(hear([text])).to.deep.include({ status: 200, ended: true });
  });

  it('says the same of an answer however it is cut', () => {
    const text = fc.oneof(
      fc.constantFrom(counted, chunked),
      fc.string({
        unit: fc.constantFrom('HTTP/1.1 200 OK\r\n', 'content-length: 3\r\n', '\r\n', '3\r\n', 'abc', '\n', '0'),
      }),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => `HTTP/1.1 200 OK\r\n${Buffer.from(bytes).toString('latin1')}`),
    );
    const outcome = (pieces: readonly string[]): Heard | string => {
      try {
        return hear(pieces);
      } catch (thrown) {
        if (thrown instanceof NotHttp) return 'refused';
        throw thrown;
      }
    };
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 20 })), (whole, cuts) => {
        const pieces: string[] = [];
        let from = 0;
        for (const cut of cuts) pieces.push(whole.slice(from, (from += cut)));
        expect(outcome([...pieces, whole.slice(from)].filter((piece) => piece !== ''))).to.deep.equal(
          outcome([whole].filter((piece) => piece !== '')),
        );
      }),
      { numRuns: 2_000 },
    );
  });
});
