import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import axios from 'axios';
import { systemClock } from '../../../lib/clock.js';
import { createConsul } from '../../../lib/consul/client.js';
import type { ConsulAccess, HealthEvent, KvEvent } from '../../../lib/consul/types.js';
import { type RunningConsul, startConsul } from '../../support/consul.js';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/ports.js';
import { describeWith } from '../../support/parts.js';

const put = (url: string, body?: unknown) => axios.put<unknown>(url, body, { proxy: false });
const connect = (url: string, clock = systemClock): ConsulAccess =>
  createConsul({ url, token: null, datacenter: null }, { clock });
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no failure',
    (thrown: unknown) => thrown,
  );

describeWith('consul', 'a real Consul', function () {
  this.timeout(40_000);
  let agent: RunningConsul;
  let consul: ConsulAccess;
  before(async () => {
    agent = await startConsul();
    consul = connect(agent.url);
  });
  after(async () => {
    consul.close();
    await agent.stop();
  });

  const register = (id: string, over: Record<string, unknown> = {}, service = 'orders') =>
    put(`${agent.url}/v1/agent/service/register`, { ID: id, Name: service, Address: '127.0.0.1', Port: 8080, ...over });
  /** Past the agent, which checks more than the catalog does. */
  const enter = (id: string, service: string, over: Record<string, unknown> = {}, output = '') =>
    put(`${agent.url}/v1/catalog/register`, {
      Node: 'far',
      Address: '10.9.9.9',
      Service: { ID: id, Service: service, Address: '10.9.9.9', Port: 80, ...over },
      Check: { CheckID: `c-${id}`, Name: 'c', Status: 'passing', ServiceID: id, Output: output },
    });
  const deregister = (id: string) => put(`${agent.url}/v1/agent/service/deregister/${id}`);

  describe('watched instances', () => {
    let ending: AbortController;
    let events: HealthEvent[];
    let done: Promise<void>;
    const watch = (service: string, selector: string | null = null, access = consul): void => {
      ending = new AbortController();
      events = [];
      const options = { selector, stale: true, maxStaleMs: 5_000 };
      done = access.watchHealth(service, options, ending.signal, (event) => events.push(event));
    };
    const lists = (): string[] =>
      events.map((e) => (e.kind === 'error' ? 'error' : e.value.map((i) => `${i.serviceId} ${i.status}`).join()));
    const last = () => lists().at(-1);
    afterEach(async () => {
      ending.abort();
      await done;
    });

    it('are told at first, empty or not, and with each change', async () => {
      watch('orders');
      await eventually(() => expect(lists()).to.deep.equal(['']));
      await register('orders-1', { Check: { CheckID: 'c1', TTL: '60s', Status: 'passing' } });
      await eventually(() => expect(last()).to.equal('orders-1 passing'));
      await put(`${agent.url}/v1/agent/check/fail/c1`);
      await eventually(() => expect(last()).to.equal('orders-1 critical'));
      await put(`${agent.url}/v1/agent/service/maintenance/orders-1?enable=true`);
      await eventually(() => expect(last()).to.equal('orders-1 maintenance'));
      await deregister('orders-1');
      await eventually(() => expect(last()).to.equal(''));
    });

    it('are not told again while only the words of a check change', async () => {
      await enter('words-1', 'words', {}, 'first words');
      watch('words');
      await eventually(() => expect(lists()).to.deep.equal(['words-1 passing']));
      await enter('words-1', 'words', {}, 'other words');
      await enter('words-2', 'words');
      await eventually(() => expect(last()).to.include('words-2'));
      expect(lists()).to.deep.equal(['words-1 passing', 'words-1 passing,words-2 passing']);
    });

    it('are those that the selector names, and a wrong selector is an error in words', async () => {
      await register('tagged-1', { Tags: ['prod'] }, 'tagged');
      await register('tagged-2', { Tags: ['test'] }, 'tagged');
      watch('tagged', '"prod" in Service.Tags');
      await eventually(() => expect(lists()).to.deep.equal(['tagged-1 passing']));
      const error = await failureOf(consul.health('tagged', { selector: 'prod in' }));
      expect(error).to.include({ code: 'CONSUL_REFUSED' });
      expect(error).to.have.property('hint').that.includes('selector');
      await deregister('tagged-1');
      await deregister('tagged-2');
    });

    it('with hostile registrations are named, and hide nobody', async () => {
      await enter('evil-1', 'evil', { Address: '10.0.0.1; } server { listen 80' });
      await enter('evil-2', 'evil', { Port: 0 });
      await enter('evil"3\n', 'evil');
      await enter('fine-1', 'evil');
      watch('evil');
      const event = await eventually(() => events.find((e) => e.kind === 'value' && e.dropped.length === 3) ?? false);
      expect(event).to.have.property('value').with.length(1);
    });

    it('stay known while the agent is away, and are found again when its index has fallen', async () => {
      for (let write = 0; write < 30; write++) await consul.kv.put('filler', String(write));
      await register('orders-1');
      let asleep = 0;
      const counting = async (ms: number, signal?: AbortSignal): Promise<void> => {
        await systemClock.sleep(ms, signal);
        asleep += 1;
      };
      watch('orders', null, connect(agent.url, { ...systemClock, sleep: counting }));
      await eventually(() => expect(last()).to.equal('orders-1 passing'));
      const known = events.at(-1);
      await eventually(() => asleep > 0); // now the next question waits at the agent
      await agent.restart();
      await eventually(() => expect(lists()).to.include('error'));
      await eventually(() => expect(last()).to.equal(''), { timeoutMs: 15_000 });
      const fallen = events.at(-1);
      expect(known?.kind === 'value' && fallen?.kind === 'value' && fallen.index < known.index).to.equal(true);
      await register('orders-9');
      await eventually(() => expect(last()).to.equal('orders-9 passing'));
      await deregister('orders-9');
    });
  });

  describe('keys', () => {
    it('come back as they were written', async () => {
      const value = 'ä "quoted"\n{"json": true}';
      expect(await consul.kv.get('k/none')).to.equal(null);
      expect(await consul.kv.put('k/a b', value)).to.equal(true);
      const entry = await consul.kv.getConsistent('k/a b');
      expect(entry).to.include({ key: 'k/a b', value, session: null, lockIndex: 0 });
      expect(await consul.kv.put('k/empty', '')).to.equal(true);
      expect((await consul.kv.get('k/empty'))?.value).to.equal('');
      expect((await consul.kv.list('k/', { consistent: true })).map(({ key }) => key)).to.deep.equal([
        'k/a b',
        'k/empty',
      ]);
      expect(await consul.kv.list('nothing/')).to.deep.equal([]);
    });

    it('are compared and set: one of many writers wins, and 0 means that there is none yet', async () => {
      const firsts = await Promise.all(['a', 'b', 'c', 'd'].map((value) => consul.kv.put('cas', value, { cas: 0 })));
      expect(firsts.filter(Boolean)).to.have.length(1);
      const index = (await consul.kv.get('cas'))?.modifyIndex ?? 0;
      const seconds = await Promise.all(['e', 'f'].map((value) => consul.kv.put('cas', value, { cas: index })));
      expect(seconds.filter(Boolean)).to.have.length(1);
      expect(await consul.kv.delete('cas', index)).to.equal(false);
      const now = (await consul.kv.get('cas'))?.modifyIndex ?? 0;
      expect(await consul.kv.delete('cas', now)).to.equal(true);
      expect(await consul.kv.get('cas')).to.equal(null);
    });

    it('wake who waits for them, and nobody else', async () => {
      const { entry, index } = await consul.kv.wait('w/one', 0, 1_000);
      expect(entry).to.equal(null);
      const waiting = consul.kv.wait('w/one', index, 30_000);
      await consul.kv.put('w/one', 'here');
      expect((await waiting).entry?.value).to.equal('here');
    });

    it('are watched by prefix: first all of them, then each change', async () => {
      const ending = new AbortController();
      const events: KvEvent[] = [];
      const done = consul.watchKv('p/', ending.signal, (event) => events.push(event));
      const values = () => events.map((e) => (e.kind === 'value' ? e.value.map(({ value }) => value).join() : e.why));
      await eventually(() => expect(values()).to.deep.equal(['']));
      await consul.kv.put('p/a', '1');
      await eventually(() => expect(values().at(-1)).to.equal('1'));
      await consul.kv.put('q/a', '1');
      await consul.kv.put('p/b', '2');
      await eventually(() => expect(values().at(-1)).to.equal('1,2'));
      await consul.kv.delete('p/a');
      await eventually(() => expect(values()).to.deep.equal(['', '1', '1,2', '2']));
      ending.abort();
      await done;
    });
  });

  describe('sessions', () => {
    it('take a key, give it back and end', async () => {
      const times = { ttlMs: 10_000, lockDelayMs: 1_000 };
      const [one, two] = await Promise.all(['one', 'two'].map((name) => consul.session.create({ name, ...times })));
      expect(await consul.kv.put('lock', 'one', { acquire: one ?? '' })).to.equal(true);
      expect(await consul.kv.put('lock', 'two', { acquire: two ?? '' })).to.equal(false);
      expect(await consul.kv.getConsistent('lock')).to.include({ session: one, value: 'one', lockIndex: 1 });
      expect(await consul.kv.put('lock', 'one', { release: one ?? '' })).to.equal(true);
      expect(await consul.kv.put('lock', 'two', { acquire: two ?? '' })).to.equal(true);
      expect(await consul.session.renew(one ?? '')).to.equal(true);
      await consul.session.destroy(one ?? '');
      expect(await consul.session.renew(one ?? '')).to.equal(false);
    });
  });
});

describe('a Consul that is not as it should be', () => {
  let server: Server | null = null;
  const serve = async (status: number, body: string): Promise<ConsulAccess> => {
    const started = createServer((_req, res) => {
      const type = status === 200 ? 'application/json' : 'text/plain';
      res.writeHead(status, { 'content-type': type, 'x-consul-index': '5' }).end(body);
    });
    server = started;
    const port = await freePort();
    await new Promise<void>((resolve) => started.listen(port, '127.0.0.1', resolve));
    return connect(`http://127.0.0.1:${port}`);
  };
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = null;
  });

  it('is not there', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const error = await failureOf(connect(url).kv.get('x'));
    expect(error).to.include({ code: 'CONSUL_UNREACHABLE', hint: 'is an agent running there?' });
    expect(error).to.have.property('message').that.includes(url);
  });

  it('has no leader: its words, and its status', async () => {
    const error = await failureOf((await serve(500, 'No cluster leader')).kv.get('x'));
    expect(error).to.include({ code: 'CONSUL_REFUSED', status: 500 });
    expect(error).to.have.property('message').that.includes('No cluster leader');
  });

  const bodies: [string, number, string, string][] = [
    ['a page of HTML', 200, '<html>', 'CONSUL_UNREADABLE'],
    ['an object where a list belongs', 200, '{}', 'CONSUL_UNREADABLE'],
    ['a page of HTML and an error', 502, '<html>', 'CONSUL_REFUSED'],
  ];
  for (const [name, status, body, code] of bodies)
    it(`answers with ${name}`, async () => {
      const error = await failureOf((await serve(status, body)).health('orders', { selector: null }));
      expect(error).to.include({ code });
    });

  it('answers with a list, which is left to us to read: it may be a long one', async () => {
    const error = await failureOf((await serve(200, '[{"Node": 1}')).health('orders', { selector: null }));
    expect(error)
      .to.have.property('message')
      .that.matches(/it is no whole JSON list/);
  });

  it('answers with entries that are none: they are dropped, and named', async () => {
    const list = await (await serve(200, '[{"Key": 5}]')).health('orders', { selector: null });
    expect(list.entries).to.deep.equal([]);
    expect(list.dropped).to.have.length(1);
  });

  it('can be left in the middle of an answer', async () => {
    const ending = new AbortController();
    const consul = await serve(200, '[]');
    server?.removeAllListeners('request').on('request', (_req, res) => {
      res.writeHead(200).write('[');
    });
    const asked = failureOf(consul.kv.get('x', ending.signal));
    await eventually(async () => (await new Promise<number>((r) => server?.getConnections((_e, n) => r(n)))) > 0);
    ending.abort('enough');
    expect(await asked).to.equal('enough');
  });

  it('has an address that is none', () => {
    for (const url of ['http://127.0.0.1:8500/ui', 'unix:///run/consul.sock'])
      expect(() => connect(url)).to.throw('is not the address of a Consul agent');
  });
});
