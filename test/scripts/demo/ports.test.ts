import { expect } from 'chai';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { freePorts, preferPort } from '../../../scripts/demo/environment/ports.js';

const module = new URL('../../../scripts/demo/environment/ports.js', import.meta.url).href;
/** Says what it took, and lives until its input ends. */
const taker = `const { freePorts } = await import(${JSON.stringify(module)});
process.stdout.write(JSON.stringify(await freePorts(40)));
process.stdin.resume();`;

const serverOn = async (port: number, address = '127.0.0.1') => {
  const server = createServer().listen(port, address);
  await once(server, 'listening');
  return server;
};

describe('free ports', () => {
  it('gives none twice, not even to two programs at once, and none that the system gives to others', async () => {
    const children = Array.from({ length: 4 }, () => spawn(process.execPath, ['--input-type=module', '-e', taker]));
    const said = await Promise.all(
      children.map(async ({ stdout }) => JSON.parse(String((await once(stdout, 'data'))[0])) as unknown),
    );
    const ports = [said, await freePorts(40)].flat(2);
    expect(new Set(ports).size).to.equal(200);
    for (const port of ports) expect(port).to.be.within(1_024, 32_767);
    for (const child of children) child.stdin.end();
    await Promise.all(children.map((child) => once(child, 'exit')));
  });

  for (const address of ['127.0.0.1', '0.0.0.0'])
    it(`leaves the port to its program, on ${address}`, async () => {
      const [port = 0] = await freePorts(1);
      const server = await serverOn(port, address);
      expect(server.address()).to.include({ address, port });
      server.close();
    });

  it('does not keep a program from ending', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      ...['-e', taker.replace('process.stdin.resume();', '')],
    ]);
    expect(JSON.parse(stdout)).to.have.lengthOf(40);
  });

  it('prefers a port that is free', async () => {
    const [port = 0] = await freePorts(1);
    expect(await preferPort(port)).to.equal(port);
    const server = await serverOn(port);
    expect(await preferPort(port)).not.to.equal(port);
    server.close();
  });
});
