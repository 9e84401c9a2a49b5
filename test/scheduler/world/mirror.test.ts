import { expect } from 'chai';
import { z } from 'zod';
import { createLog } from '../../../lib/log.js';
import { KvMirror } from '../../../scheduler/world/mirror.js';
import { FakeConsul } from '../../fakes/consul.js';

const log = createLog({ level: 'silent', name: 'test' });
const schema = z.object({ n: z.number() });

describe('mirror of keys in Consul', () => {
  let consul: FakeConsul;
  let mirror: KvMirror<typeof schema>;
  let changes: number;
  let ending: AbortController;

  beforeEach(() => {
    consul = new FakeConsul();
    changes = 0;
    ending = new AbortController();
    mirror = new KvMirror(consul, 'p/', schema, log, () => changes++);
  });
  afterEach(() => {
    ending.abort();
  });
  const valueOf = (name: string): unknown => {
    const entry = mirror.get(name);
    return entry.kind === 'value' ? entry.value : entry.kind;
  };

  it('tells nothing received from nothing there', () => {
    expect(mirror.ready).to.equal(false);
    expect(mirror.trouble()).to.equal('p/: not read yet');
    void mirror.run(ending.signal);
    expect(mirror.ready).to.equal(true);
    expect(mirror.trouble()).to.equal(null);
    expect(mirror.get('a')).to.deep.equal({ kind: 'absent' });
  });

  it('writes only on what it knows: a write in between makes it fail, and then it knows', async () => {
    void mirror.run(ending.signal);
    expect(await mirror.put('a', { n: 1 })).to.equal(true);
    expect(await mirror.put('a', { n: 2 })).to.equal(true);
    consul.plant('p/a', '{"n":7}');
    expect(await mirror.put('a', { n: 3 })).to.equal(false);
    expect(valueOf('a')).to.deep.equal({ n: 7 });
    expect(await mirror.put('a', { n: 3 })).to.equal(true);
  });

  it('never takes what it cannot read for absent, and says so until it is mended', async () => {
    consul.plant('p/a', 'not json');
    consul.plant('p/b', '{"n":"one"}');
    void mirror.run(ending.signal);
    expect(valueOf('a')).to.equal('bad');
    expect(valueOf('b')).to.equal('bad');
    expect(mirror.trouble()).to.match(/^does not hold what it should, mend or delete it: p\/a: .*; p\/b: /s);
    consul.plant('p/a', '{"n":1}');
    consul.plant('p/b', '{"n":1}');
    await mirror.refresh();
    expect(mirror.trouble()).to.equal(null);
  });

  it('is not set back by a watch that tells late of what it has written since', async () => {
    consul.plant('p/a', '{"n":1}');
    void mirror.run(ending.signal);
    await mirror.put('a', { n: 2 });
    const late = { key: 'p/a', value: '{"n":1}', modifyIndex: 2, lockIndex: 0, session: null, flags: 0 };
    consul.tell([late], 2);
    expect(valueOf('a')).to.deep.equal({ n: 2 });
  });

  it('keeps a key that it made after a late watch had looked', async () => {
    consul.plant('p/other', '{"n":1}');
    void mirror.run(ending.signal);
    await mirror.put('a', { n: 2 });
    const before = { key: 'p/other', value: '{"n":1}', modifyIndex: 2, lockIndex: 0, session: null, flags: 0 };
    consul.tell([before], 2);
    expect(valueOf('a')).to.deep.equal({ n: 2 });
    consul.tell([before], 4);
    expect(valueOf('a')).to.equal('absent');
  });

  it('writes on what somebody decided on, not on what it has heard since', async () => {
    void mirror.run(ending.signal);
    await mirror.put('a', { n: 1 });
    const decidedOn = mirror.get('a');
    consul.plant('p/a', '{"n":7}');
    await mirror.look('a');
    expect(await mirror.put('a', { n: 2 }, decidedOn)).to.equal(false);
    expect(valueOf('a')).to.deep.equal({ n: 7 });
  });

  it('does not take one key for all of them', async () => {
    consul.plant('p/a', '{"n":1}');
    await mirror.put('b', { n: 2 });
    expect(mirror.ready).to.equal(false);
    await mirror.refresh();
    expect([valueOf('a'), valueOf('b')]).to.deep.equal([{ n: 1 }, { n: 2 }]);
  });

  it('believes a Consul that lost its history, although its indexes are lower', () => {
    for (let n = 0; n < 5; n++) consul.plant('p/a', `{"n":${n}}`);
    void mirror.run(ending.signal);
    expect(valueOf('a')).to.deep.equal({ n: 4 });
    consul.tell([{ key: 'p/a', value: '{"n":9}', modifyIndex: 1, lockIndex: 0, session: null, flags: 0 }], 1);
    expect(valueOf('a')).to.deep.equal({ n: 9 });
  });

  it('knows what was applied although the answer was lost, once it reads again', async () => {
    void mirror.run(ending.signal);
    consul.afterWrite = () => {
      throw new Error('timed out');
    };
    const failure: unknown = await mirror.put('a', { n: 1 }).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(Error);
    consul.afterWrite = () => undefined;
    await mirror.refresh();
    expect(valueOf('a')).to.deep.equal({ n: 1 });
    expect(await mirror.put('a', { n: 2 })).to.equal(true);
  });

  it('deletes, and says whether there was anything', async () => {
    void mirror.run(ending.signal);
    await mirror.put('a', { n: 1 });
    expect(await mirror.delete('a')).to.equal(true);
    expect(await mirror.delete('a')).to.equal(false);
    expect(valueOf('a')).to.equal('absent');
  });
});
