/** Real processes of the demo: what they serve and show, and how they are started, told to fail, and stopped. */
import { expect } from 'chai';
import { createServer, type Server } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closedFile, killMember, runningPid, startMember, stopMember } from '../../../scripts/demo/fleet/process.js';
import type { Member, Roster } from '../../../scripts/demo/fleet/roster.js';
import { freePorts } from '../../../scripts/demo/environment/ports.js';
import { Load } from '../../../scripts/demo/load/load.js';
import { processAt, setFault } from '../../../scripts/demo/story/watcher.js';
import { eventually } from '../../support/eventually.js';

const program = join(dirname(fileURLToPath(import.meta.url)), '../../../scripts/demo/service/main.js');

describe('a demo instance', function () {
  this.timeout(20_000);
  const consulSaw: string[] = [];
  let consul: Server;
  let state: string;
  let member: Member;
  let roster: Roster;
  const url = (path: string): string => `http://${member.host}:${member.port}${path}`;
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(url('/metrics'))).text();
    const values = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  };

  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), 'ballast-fleet-'));
    const [port = 0, consulPort = 0] = await freePorts(2);
    consulSaw.length = 0;
    consul = createServer((request, response) => {
      consulSaw.push(`${request.method} ${request.url}`);
      request.resume().once('end', () => response.end());
    }).listen(consulPort, '127.0.0.1');
    member = { service: 'users', id: 'users-1', host: '127.0.0.1', port };
    roster = { program, consul: `http://127.0.0.1:${consulPort}`, members: [member] };
    await startMember(state, roster, member);
  });

  afterEach(async () => {
    await stopMember(state, member.id);
    consul.close();
    await rm(state, { recursive: true });
  });

  it('registers itself, and deregisters when it is stopped', async () => {
    await eventually(() => consulSaw.includes('PUT /v1/agent/service/register'));
    await stopMember(state, member.id);
    expect(consulSaw.at(-1)).to.equal('PUT /v1/agent/service/deregister/users-1');
    expect(runningPid(state, member.id)).to.equal(null);
    expect(await processAt(member)).to.equal(null);
  });

  it('counts its requests by status, and half of them fail when told so', async () => {
    await setFault(member, 'errors');
    for (let nth = 0; nth < 4; nth++) await (await fetch(url('/users/'))).text();
    expect(await metric('http_request_duration_seconds_count')).to.equal(4);
    const page = await (await fetch(url('/metrics'))).text();
    expect(page).to.match(/_count\{method="GET",route="\/",status_code="500"\} 2/);
    await setFault(member, 'none');
    expect((await fetch(url('/users/'))).status).to.equal(200);
  });

  it('hangs behind a healthy metrics page', async () => {
    await setFault(member, 'hang');
    const asked = [1, 2, 3].map(() => fetch(url('/users/'), { signal: AbortSignal.timeout(3_000) }).catch(() => null));
    await eventually(async () => (await metric('http_requests_in_flight')) === 3);
    expect((await fetch(url('/health'))).status).to.equal(200);
    expect(await metric('http_request_duration_seconds_count')).to.equal(0);
    expect(await Promise.all(asked)).to.deep.equal([null, null, null]);
    await eventually(async () => (await metric('http_requests_in_flight')) === 0);
  });

  it('fails and loses scrapes by chance when told so', async () => {
    const told = async (query: string): Promise<number> =>
      (await fetch(url(`/noise?${query}`), { method: 'POST' })).status;
    expect(await told('errors=1')).to.equal(200);
    expect((await fetch(url('/users/'))).status).to.equal(500);
    expect((await fetch(url('/metrics'))).status).to.equal(200);
    expect(await told('lost_scrapes=1&seed=4')).to.equal(200);
    expect((await fetch(url('/users/'))).status).to.equal(200);
    const lost = async (): Promise<string> =>
      fetch(url('/metrics'), { signal: AbortSignal.timeout(500) })
        .then((answer) => answer.text())
        .then(
          () => 'none',
          (error: unknown) => (error instanceof Error ? error.name : String(error)),
        );
    const fates = new Set<string>();
    await eventually(async () => fates.add(await lost()).size === 2);
    expect([...fates].sort()).to.deep.equal(['TimeoutError', 'TypeError']);
    expect(await told('errors=many')).to.equal(400);
    expect((await fetch(url('/noise?errors=1'))).status).to.equal(200);
  });

  it('leaks real memory up to its limit, and no further', async () => {
    const limit = await metric('process_memory_limit_bytes');
    await setFault(member, 'leak');
    await eventually(async () => (await metric('process_resident_memory_bytes')) > limit * 0.95, { timeoutMs: 10_000 });
    expect(await metric('process_resident_memory_bytes')).to.be.below(limit * 1.1);
  });

  it('burns a core beside its event loop', async () => {
    await setFault(member, 'cpu');
    const before = await metric('process_cpu_seconds_total');
    await eventually(async () => (await metric('process_cpu_seconds_total')) > before + 0.5, { timeoutMs: 10_000 });
    expect((await fetch(url('/users/'))).status).to.equal(200);
  });

  it('dies when told to crash, stays registered, and comes back as another process', async () => {
    const first = await processAt(member);
    await setFault(member, 'crash');
    await eventually(() => runningPid(state, member.id) === null);
    expect(consulSaw.join()).not.to.include('deregister');
    await startMember(state, roster, member);
    expect(await processAt(member))
      .to.be.a('string')
      .that.is.not.equal(first);
  });

  it('is not started any more once the fleet is closed, and killed only as itself', async () => {
    killMember(state, member.id);
    await eventually(() => runningPid(state, member.id) === null);
    await writeFile(closedFile(state), '');
    const refused = await startMember(state, roster, member).then(() => null, String);
    expect(refused).to.include('taken down');
    // A pid file that names somebody else (this very process) is nobody of ours.
    await writeFile(join(state, 'users-1.pid'), `${process.pid}\n`);
    expect(runningPid(state, 'users-1')).to.equal(null);
  });

  it('is asked at the rate that was wanted, whatever it answers', async () => {
    const load = new Load({ urls: [url('/users/')], perSecond: 100, gets: 0.7, timeoutMs: 1_000, connections: 'kept' });
    load.start();
    await eventually(async () => (await metric('http_request_duration_seconds_count')) >= 30);
    load.enter('during');
    await setFault(member, 'errors');
    await eventually(() => (load.kinds('during')['500'] ?? 0) >= 10);
    await load.stop();
    expect(load.summary('before').errors).to.equal(0);
    const { requests, errors, errorsGet, errorsPost } = load.summary('during');
    expect(errors).to.be.within(requests / 4, (requests * 3) / 4);
    expect(errorsGet + errorsPost).to.equal(errors);
    expect(load.broken()).to.equal(0);
  });
});
