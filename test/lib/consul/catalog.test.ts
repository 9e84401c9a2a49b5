import { expect } from 'chai';
import fc from 'fast-check';
import { isAddress, parseHealth } from '../../../lib/consul/catalog.js';

interface Over {
  readonly id?: unknown;
  readonly service?: unknown;
  readonly address?: unknown;
  readonly port?: unknown;
  readonly tags?: unknown;
  readonly meta?: unknown;
  readonly node?: unknown;
  readonly nodeAddress?: unknown;
  readonly checks?: unknown;
}

const raw = (over: Over = {}): unknown => {
  const of = <K extends keyof Over>(key: K, otherwise: unknown): unknown => (key in over ? over[key] : otherwise);
  return {
    Node: { ID: 'x', Node: of('node', 'n1'), Address: of('nodeAddress', '10.0.0.1'), Datacenter: 'dc1', Meta: null },
    Service: {
      ID: of('id', 'orders-1'),
      Service: of('service', 'orders'),
      Address: of('address', '10.0.0.2'),
      Port: of('port', 8080),
      Tags: of('tags', ['prod']),
      Meta: of('meta', { version: '1.2' }),
      ModifyIndex: 17,
      Weights: { Passing: 1, Warning: 1 },
    },
    Checks: of('checks', []),
  };
};

describe('catalog entries', () => {
  it('come out whole', () => {
    expect(parseHealth([raw()])).to.deep.equal({
      entries: [
        {
          serviceId: 'orders-1',
          service: 'orders',
          node: { name: 'n1', address: '10.0.0.1' },
          datacenter: 'dc1',
          address: '10.0.0.2',
          port: 8080,
          tags: ['prod'],
          meta: { version: '1.2' },
          status: 'passing',
          why: '',
          checks: [],
          modifyIndex: 17,
        },
      ],
      dropped: [],
    });
  });

  it('take the address of the node where they have none', () => {
    for (const address of ['', undefined])
      expect(parseHealth([raw({ address })]).entries[0]?.address).to.equal('10.0.0.1');
  });

  it('are sorted, so that the same catalog gives the same list', () => {
    const ids = ['b', 'a', 'c'].map((id) => raw({ id }));
    const twins = [raw({ id: 'a', node: 'n2' }), raw({ id: 'a', node: 'n1' })];
    const names = parseHealth([...ids, ...twins]).entries.map(({ serviceId, node }) => `${serviceId}@${node.name}`);
    expect(names).to.deep.equal([...names].sort());
  });

  it('an empty answer is an empty list, no list is an error', () => {
    expect(parseHealth([])).to.deep.equal({ entries: [], dropped: [] });
    for (const body of [null, undefined, {}, 'No cluster leader']) expect(() => parseHealth(body)).to.throw();
  });

  const check = (Status: string, CheckID = 'service:orders-1') => ({ CheckID, Status, Output: 'x' });
  const statuses: [string, unknown, string][] = [
    ['no checks', [], 'passing'],
    ['checks that are null', null, 'passing'],
    ['all passing', [check('passing'), check('passing', 'serfHealth')], 'passing'],
    ['one warning', [check('passing'), check('warning')], 'warning'],
    ['one critical', [check('warning'), check('critical')], 'critical'],
    ['the node is down', [check('passing'), check('critical', 'serfHealth')], 'critical'],
    ['node in maintenance', [check('critical', '_node_maintenance')], 'maintenance'],
    ['service in maintenance', [check('critical', '_service_maintenance:orders-1'), check('critical')], 'maintenance'],
  ];
  for (const [name, checks, status] of statuses)
    it(`are ${status}: ${name}`, () => expect(parseHealth([raw({ checks })]).entries[0]?.status).to.equal(status));

  const breakOut = '10.0.0.1; } server { listen 80';
  const hostile: [string, Over][] = [
    ['address: a directive', { address: breakOut }],
    ['address: a new line', { address: '10.0.0.1\nserver evil:80' }],
    ['address: a new line at the end', { address: '10.0.0.1\n' }],
    ['address: a semicolon', { address: 'host;' }],
    ['address: a brace', { address: 'host}' }],
    ['address: template braces', { address: '{{node.address}}' }],
    ['address: a variable', { address: '$host' }],
    ['address: a space', { address: 'a b' }],
    ['address: a quote', { address: "a'b" }],
    ['address: a backslash', { address: 'a\\b' }],
    ['address: a socket', { address: 'unix:/var/run/docker.sock' }],
    ['address: with a port', { address: '10.0.0.1:80' }],
    ['address: with a path', { address: 'host/path' }],
    ['address: with a user', { address: 'user@host' }],
    ['address: IPv6 with a zone', { address: 'fe80::1%eth0' }],
    ['address: IPv6 in brackets', { address: '[::1]' }],
    ['address: a broken IPv4', { address: '999.0.0.1' }],
    ['address: too many numbers', { address: '1.2.3.4.5' }],
    ['address: unicode that looks like a dot', { address: '10。0。0。1' }],
    ['address: a letter that looks like another', { address: 'оrders.local' }],
    ['address: a label too long', { address: `${'a'.repeat(64)}.example` }],
    ['address: too long', { address: 'a.'.repeat(130) + 'a' }],
    ['address: an empty label', { address: 'a..b' }],
    ['address: a leading hyphen', { address: '-a' }],
    ['address: a number', { address: 5 }],
    ['node address', { nodeAddress: breakOut }],
    ['node name', { node: 'n1"; }' }],
    ['id: a directive', { id: 'a;}' }],
    ['id: a path', { id: '../../etc/passwd' }],
    ['id: a new line', { id: 'a\nb' }],
    ['id: quotes', { id: '"a"' }],
    ['id: template braces', { id: '{{{a}}}' }],
    ['id: unicode', { id: 'bestellung-ä' }],
    ['id: a right-to-left mark', { id: 'a\u202eb' }],
    ['id: too long', { id: 'a'.repeat(256) }],
    ['id: empty', { id: '' }],
    ['service: a slash', { service: 'a/b' }],
    ['service: a brace', { service: 'a}' }],
    ['service: too long', { service: 'a'.repeat(129) }],
    ['port: 0', { port: 0 }],
    ['port: 70000', { port: 70_000 }],
    ['port: negative', { port: -1 }],
    ['port: a fraction', { port: 80.5 }],
    ['port: a string', { port: '80; }' }],
    ['tag: a new line', { tags: ['a\nb'] }],
    ['tag: a line separator', { tags: ['a\u2028b'] }],
    ['tag: no text', { tags: [1] }],
    ['meta: a control character', { meta: { a: '\u0000' } }],
    ['meta: a key with a new line', { meta: { 'a\nb': 'c' } }],
    ['check: an unknown status', { checks: [check('fine')] }],
  ];
  for (const [name, over] of hostile)
    it(`are dropped and named, ${name}`, () => {
      const { entries, dropped } = parseHealth([raw(over), raw({ id: 'good' })]);
      expect(entries.map(({ serviceId }) => serviceId)).to.deep.equal(['good']);
      expect(dropped).to.have.length(1);
      expect(dropped[0]?.why).to.have.length.greaterThan(3);
      expect(`${dropped[0]?.name}${dropped[0]?.why}`).not.to.match(/[\p{Cc}\p{Zl}]/u);
    });

  for (const nonsense of [null, 1, 'x', [], {}, { Node: null, Service: null }])
    it(`are dropped where they are ${JSON.stringify(nonsense)}`, () => {
      expect(parseHealth([nonsense, raw()])).to.have.nested.property('dropped[0].name', 'an entry without a name');
    });

  it('never let through what could end a word of a configuration, whatever comes', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 });
    fc.assert(
      fc.property(fc.record({ id: text, address: text, node: text, service: text, port: fc.integer() }), (over) => {
        for (const { serviceId, address, node, service, port } of parseHealth([raw(over)]).entries) {
          for (const word of [serviceId, address, node.name, node.address, service])
            expect(word).to.match(/^[A-Za-z0-9._:@-]+$/);
          expect(port).to.be.within(1, 65_535);
        }
      }),
    );
  });

  const addresses = [
    '127.0.0.1',
    '::1',
    '2001:db8::10',
    '::ffff:10.0.0.1',
    'localhost',
    'orders_api',
    'a-1.b.example',
    'x1',
  ];
  for (const address of addresses) it(`may live at ${address}`, () => expect(isAddress(address)).to.equal(true));

  it('show each check, of the node or the service, by its status alone', () => {
    const checks = [
      { CheckID: 'service:o', Name: 'HTTP\u2028', Status: 'warning', ServiceID: 'o', Output: 'slow' },
      { CheckID: 'serfHealth', Name: 'Serf', Status: 'passing', ServiceID: '', Output: 'alive' },
      { CheckID: 'disk', Status: 'critical', ServiceID: '' },
    ];
    const [entry] = parseHealth([raw({ checks })]).entries;
    expect(entry?.checks).to.deep.equal([
      { id: 'disk', name: '', scope: 'node', status: 'critical' },
      { id: 'serfHealth', name: 'Serf', scope: 'node', status: 'passing' },
      { id: 'service:o', name: 'HTTP ', scope: 'service', status: 'warning' },
    ]);
    expect([entry?.status, entry?.why]).to.deep.equal(['critical', 'disk']);
  });

  for (const [CheckID, Notes, why] of [
    ['_node_maintenance', 'kernel', 'its node is in maintenance: kernel'],
    ['_service_maintenance:o', '', 'it is in maintenance'],
  ] as const)
    it(`say who is in maintenance, and what was said of it: ${CheckID}`, () => {
      const checks = [
        { CheckID: 'c', Status: 'critical' },
        { CheckID, Status: 'critical', Notes },
      ];
      const [entry] = parseHealth([raw({ checks })]).entries;
      expect([entry?.status, entry?.why]).to.deep.equal(['maintenance', why]);
    });
});
