/** The demo fleet as real containers. */
import { expect } from 'chai';
import Docker from 'dockerode';
import { createServer, type Server } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../../scripts/demo/environment/ports.js';
import { dockerFleet } from '../../../scripts/demo/fleet/docker.js';
import type { Member } from '../../../scripts/demo/fleet/roster.js';
import { processAt, setFault } from '../../../scripts/demo/story/watcher.js';
import { eventually } from '../../support/eventually.js';
import { needs } from '../../support/parts.js';

const program = join(dirname(fileURLToPath(import.meta.url)), '../../../scripts/demo/service/main.js');

describe('the demo fleet on Docker', function () {
  this.timeout(60_000);
  const run = `ballast-test-${process.pid}`;
  const fleet = dockerFleet(run);
  const docker = new Docker();
  const consulSaw: string[] = [];
  let consul: Server;
  let member: Member;
  const mine = () => docker.listContainers({ all: true, filters: { name: [run] } });

  before(async function () {
    needs(this, 'docker');
    const [port = 0, consulPort = 0] = await freePorts(2);
    consul = createServer((request, response) => {
      consulSaw.push(`${request.method} ${request.url}`);
      request.resume().once('end', () => response.end());
    }).listen(consulPort, '127.0.0.1');
    member = { service: 'users', id: 'users-1', host: '127.0.0.1', port };
    await fleet.start({ program, consul: `http://127.0.0.1:${consulPort}`, members: [member] });
  });

  after(async () => {
    await fleet.stop();
    consul?.close();
  });

  it('serves on the address that it registers, and says what it is by a label', async () => {
    await eventually(async () => (await processAt(member)) !== null, { timeoutMs: 15_000 });
    await eventually(() => consulSaw.includes('PUT /v1/agent/service/register'));
    const [container] = await mine();
    expect(container?.Labels).to.deep.include({ [`ballast.instance.${run}`]: 'users-1' });
  });

  it('dies when told to crash, and nobody but Ballast brings it back', async () => {
    await setFault(member, 'crash');
    await eventually(async () => (await mine())[0]?.State === 'exited', { timeoutMs: 15_000 });
    expect((await docker.getContainer((await mine())[0]?.Id ?? '').inspect()).HostConfig.RestartPolicy?.Name).to.equal(
      'no',
    );
  });

  it('leaves no container behind', async () => {
    await fleet.stop();
    expect(await mine()).to.deep.equal([]);
    await fleet.stop();
  });
});
