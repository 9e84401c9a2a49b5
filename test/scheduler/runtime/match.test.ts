import { expect } from 'chai';
import { type Container, matchContainer } from '../../../scheduler/runtime/match.js';
import { isOwnAddress } from '../../../scheduler/runtime/host.js';
import { entryOf } from './helpers.js';

const container = (more: Partial<Container> = {}): Container => ({
  id: 'c1'.padEnd(64, '0'),
  label: 'shop-1',
  running: true,
  wasStarted: true,
  replaces: null,
  hostNetwork: false,
  addresses: ['172.17.0.2'],
  ports: [],
  published: [],
  ...more,
});
const published = (hostAddress: string, hostPort: number | null, port = 8080) => ({ hostAddress, hostPort, port });
const isOwn = (address: string): boolean => isOwnAddress(address, new Set(['10.0.0.1']));
const other = { id: 'c2'.padEnd(64, '0') };

describe('runtime: which container an instance is', () => {
  const stopped = { running: false, addresses: [] } as const;
  /** An old one, and one that was made to take its place; whom they say. */
  const pairs: readonly (readonly [string, Partial<Container>, Partial<Container>, 'one' | 'none' | 'ambiguous'])[] = [
    ['a successor that was never started', {}, { ...stopped, wasStarted: false, ports: [8080] }, 'one'],
    ['the old one stopped, its successor not started yet', stopped, { ...stopped, wasStarted: false }, 'one'],
    ['a successor in its place, at an address not registered yet', stopped, { addresses: ['172.17.0.9'] }, 'one'],
    ['a successor in its place that has died', { ...stopped, ports: [8080] }, { ...stopped, ports: [8080] }, 'one'],
    ['a successor that ended beside the old one', {}, { ...stopped, ports: [8080] }, 'one'],
    ['both run: the registered address decides', {}, { addresses: ['172.17.0.9'] }, 'one'],
    ['both run at the registered address', {}, { addresses: ['172.17.0.2'] }, 'ambiguous'],
    ['each says that it replaces the other', { ...stopped, replaces: other.id }, stopped, 'none'],
  ];

  const table: readonly (readonly [
    string,
    ReturnType<typeof entryOf>,
    readonly Container[],
    'one' | 'none' | 'ambiguous',
  ])[] = [
    ['none has the label', entryOf('shop-2', '172.17.0.2', 8080), [container()], 'none'],
    ['its own address', entryOf('shop-1', '172.17.0.2', 8080), [container()], 'one'],
    [
      'its own address, an exposed port',
      entryOf('shop-1', '172.17.0.2', 8080),
      [container({ ports: [8080, 9090] })],
      'one',
    ],
    [
      'its own address, a port it does not expose',
      entryOf('shop-1', '172.17.0.2', 8081),
      [container({ ports: [8080] })],
      'none',
    ],
    ['another address', entryOf('shop-1', '172.17.0.3', 8080), [container()], 'none'],
    [
      'published to all on this host',
      entryOf('shop-1', '10.0.0.1', 32768),
      [container({ published: [published('0.0.0.0', 32768)] })],
      'one',
    ],
    [
      'published to all, registered at the loopback',
      entryOf('shop-1', '127.0.0.1', 32768),
      [container({ published: [published('::', 32768)] })],
      'one',
    ],
    [
      'published at one address',
      entryOf('shop-1', '10.0.0.9', 80),
      [container({ published: [published('10.0.0.9', 80)] })],
      'one',
    ],
    [
      'published at another address',
      entryOf('shop-1', '10.0.0.1', 80),
      [container({ published: [published('127.0.0.1', 80)] })],
      'none',
    ],
    [
      'published at another port',
      entryOf('shop-1', '10.0.0.1', 81),
      [container({ published: [published('0.0.0.0', 80)] })],
      'none',
    ],
    [
      'published, registered at a host that is not this one',
      entryOf('shop-1', '10.9.9.9', 80),
      [container({ published: [published('0.0.0.0', 80)] })],
      'none',
    ],
    [
      'the port inside is not the one published',
      entryOf('shop-1', '10.0.0.1', 8080),
      [container({ published: [published('0.0.0.0', 80)] })],
      'none',
    ],
    [
      'on the host network',
      entryOf('shop-1', '127.0.0.1', 9001),
      [container({ hostNetwork: true, addresses: [] })],
      'one',
    ],
    [
      'on the host network of another host',
      entryOf('shop-1', '10.9.9.9', 9001),
      [container({ hostNetwork: true, addresses: [] })],
      'none',
    ],
    [
      'two with the same label on the host network',
      entryOf('shop-1', '127.0.0.1', 9001),
      [container({ hostNetwork: true }), container({ ...other, hostNetwork: true })],
      'ambiguous',
    ],
    [
      'two with the same label, one at the address',
      entryOf('shop-1', '172.17.0.2', 8080),
      [container(), container({ ...other, addresses: ['172.17.0.3'] })],
      'one',
    ],
    [
      'stopped, with a fixed host port',
      entryOf('shop-1', '10.0.0.1', 80),
      [container({ running: false, addresses: [], published: [published('', 80)] })],
      'one',
    ],
    [
      'stopped, with another fixed host port',
      entryOf('shop-1', '10.0.0.1', 81),
      [container({ running: false, addresses: [], published: [published('', 80)] })],
      'none',
    ],
    [
      'stopped, with a host port chosen anew each time',
      entryOf('shop-1', '10.0.0.1', 32768),
      [container({ running: false, addresses: [], published: [published('', null)] })],
      'one',
    ],
    [
      'stopped, with the port exposed',
      entryOf('shop-1', '172.17.0.2', 8080),
      [container({ running: false, addresses: [], ports: [8080] })],
      'one',
    ],
    [
      'stopped, and nothing known of it',
      entryOf('shop-1', '172.17.0.2', 8080),
      [container({ running: false, addresses: [] })],
      'none',
    ],
    [
      'an old one stopped beside its successor, at the same host port',
      entryOf('shop-1', '10.0.0.1', 80),
      [
        container({ published: [published('', 80)] }),
        container({ ...other, running: false, addresses: [], published: [published('', 80)] }),
      ],
      'ambiguous',
    ],
    ...pairs.map(
      ([name, old, next, expected]) =>
        [
          name,
          entryOf('shop-1', '172.17.0.2', 8080),
          [container(old), container({ ...other, addresses: [], replaces: container().id, ...next })],
          expected,
        ] as const,
    ),
    ['two nodes register the same id', entryOf('shop-1@here', '172.17.0.2', 8080), [container()], 'one'],
    ['the same id on another node', entryOf('shop-1@there', '172.17.0.2', 8080), [container()], 'none'],
  ];
  for (const [name, entry, containers, kind] of table) {
    it(`${name}: ${kind}`, () => {
      const match = matchContainer(entry, containers, isOwn);
      expect(match.kind, 'why' in match ? match.why : '').to.equal(kind);
    });
  }

  it('names the containers that it cannot tell apart', () => {
    const match = matchContainer(
      entryOf('shop-1', '127.0.0.1', 9001),
      [container({ hostNetwork: true }), container({ ...other, hostNetwork: true })],
      isOwn,
    );
    expect(match).to.deep.equal({
      kind: 'ambiguous',
      why: '2 containers are shop-1 at 127.0.0.1:9001: c10000000000, c20000000000',
    });
  });

  it('says which of a pair it is', () => {
    const wanted = entryOf('shop-1', '172.17.0.2', 8080);
    const next = { ...other, replaces: container().id };
    const which = (old: Partial<Container>, its: Partial<Container>): unknown =>
      matchContainer(wanted, [container(old), container({ ...next, ...its })], isOwn);
    const [first, second] = [
      { kind: 'one', id: container().id },
      { kind: 'one', id: other.id },
    ];
    expect(which({}, { ...stopped, wasStarted: false, ports: [8080] })).to.deep.equal(first);
    expect(which(stopped, { ...stopped, wasStarted: false })).to.deep.equal(first);
    expect(which({}, { ...stopped, ports: [8080] })).to.deep.equal(first);
    expect(which(stopped, { addresses: ['172.17.0.9'] })).to.deep.equal(second);
    expect(which(stopped, stopped)).to.deep.equal(second);
  });
});
