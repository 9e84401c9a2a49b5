import { expect } from 'chai';
import { laneOf, type Manifest, parseManifest } from '../../../scheduler/gateway/manifest.js';
import { countGenerations, findMaster, pidFileOf } from '../../../scheduler/gateway/master.js';

const manifest = (weights: Record<string, number>, readTimeoutMs = 5_000, name = 'shop'): Manifest => ({
  format: 1,
  revision: '0123456789ab',
  upstreams: {
    [name]: {
      service: 'shop',
      retries: true,
      connectTimeoutMs: 1_000,
      readTimeoutMs,
      servers: Object.entries(weights).map(([instance, weight]) => ({
        instance,
        address: '10.0.0.1',
        port: 80,
        weight,
      })),
    },
  },
});

describe('gateway: how soon a change must be served', () => {
  const table: readonly (readonly [string, Manifest | null, Manifest, 'urgent' | 'routine'])[] = [
    ['nothing known of what is served', null, manifest({ a: 1 }), 'urgent'],
    ['lowered', manifest({ a: 100, b: 100 }), manifest({ a: 90, b: 100 }), 'urgent'],
    ['taken out', manifest({ a: 100, b: 100 }), manifest({ a: 0, b: 100 }), 'urgent'],
    ['removed', manifest({ a: 100, b: 100 }), manifest({ b: 100 }), 'urgent'],
    ['one lowered, one raised', manifest({ a: 100, b: 10 }), manifest({ a: 90, b: 20 }), 'urgent'],
    ['raised', manifest({ a: 100, b: 10 }), manifest({ a: 100, b: 30 }), 'routine'],
    ['back in rotation', manifest({ a: 100, b: 0 }), manifest({ a: 100, b: 10 }), 'routine'],
    ['added', manifest({ a: 100 }), manifest({ a: 100, b: 10 }), 'routine'],
    ['added while out of rotation', manifest({ a: 100 }), manifest({ a: 100, b: 0 }), 'routine'],
    ['removed while out of rotation', manifest({ a: 100, b: 0 }), manifest({ a: 100 }), 'urgent'],
    ['a timeout', manifest({ a: 100 }), manifest({ a: 100 }, 9_000), 'urgent'],
    ['another upstream', manifest({ a: 100 }), manifest({ a: 100 }, 5_000, 'other'), 'urgent'],
    ['a template only', manifest({ a: 100 }), manifest({ a: 100 }), 'urgent'],
  ];
  for (const [name, served, wanted, lane] of table) {
    it(`${name}: ${lane}`, () => expect(laneOf(served, wanted)).to.equal(lane));
  }
});

describe('gateway: what is read back', () => {
  it('takes only a manifest of ours', () => {
    expect(parseManifest(JSON.stringify(manifest({ a: 1 })))).to.deep.equal(manifest({ a: 1 }));
    for (const text of ['', '{', 'null', '[]', '{"format":2}', '{"format":1,"revision":"x","upstreams":{}}']) {
      expect(parseManifest(text), text).to.equal(null);
    }
  });

  const compiled = { prefix: '/usr/share/nginx', pidFile: '/run/nginx.pid' };
  const pids: readonly (readonly [string, string | null, string])[] = [
    ['worker_processes 1;', null, '/run/nginx.pid'],
    ['  pid  /var/run/x.pid ;', null, '/var/run/x.pid'],
    ['pid nginx.pid;', '/srv/demo', '/srv/demo/nginx.pid'],
    ['pid logs/nginx.pid;', null, '/usr/share/nginx/logs/nginx.pid'],
    ['# pid /no.pid;\npid "/with space.pid";', null, '/with space.pid'],
  ];
  for (const [dump, prefix, path] of pids) {
    it(`finds the pid file in ${JSON.stringify(dump)}`, () => expect(pidFileOf(dump, compiled, prefix)).to.equal(path));
  }

  it('does not take just any process for NGINX', async () => {
    expect(await findMaster('/nowhere/nginx.pid')).to.include({ pid: null });
    const own = await findMaster('/proc/self/stat');
    expect(own.pid).to.equal(null);
  });

  const generations: readonly (readonly [readonly number[], number])[] = [
    [[], 0],
    [[500], 1],
    [[500, 501, 503], 1],
    [[500, 501, 700, 701], 2],
    [[900, 100, 500, 102], 3],
    [[500, 519, 541, 542], 2],
  ];
  for (const [ticks, count] of generations) {
    it(`workers begun at ${ticks.join(', ') || 'no time'} are ${count} generations`, () =>
      expect(countGenerations(ticks)).to.equal(count));
  }
});
