/** The command as a whole, over HTTP: a Consul that lists two instances, and their pages. */
import { expect } from 'chai';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../cli/run.js';
import { startBackend, type Backend } from '../../support/backend.js';
import { ioWith } from '../../support/io.js';
import { recorded } from './pages.js';

const entry = (id: string, port: number, status = 'passing'): unknown => ({
  Node: { Node: 'n1', Address: '127.0.0.1' },
  Service: { ID: id, Service: 'shop', Address: '127.0.0.1', Port: port, Tags: [], Meta: {} },
  Checks: [{ CheckID: 'c', Name: 'c', Status: status, ServiceID: id }],
});

describe('ballast init service', () => {
  let folder: string;
  let backends: Backend[];
  let listed: unknown[];
  let said: { out: string; err: string };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-init-'));
    let asked = 0;
    const page = await startBackend('page', (request, response) => {
      asked += 1;
      if (request.url === '/metrics')
        response.setHeader('content-type', 'text/plain').end(recorded('go', 1 + (asked % 3)));
      else response.writeHead(404).end();
    });
    listed = [entry('shop-1', page.port), entry('shop-2', page.port), entry('shop-3', page.port, 'critical')];
    const consul = await startBackend('consul', (request, response) => {
      const isHealth = request.url?.startsWith('/v1/health/service/shop') === true;
      response.setHeader('content-type', 'application/json').end(JSON.stringify(isHealth ? listed : []));
    });
    backends = [page, consul];
    writeFileSync(join(folder, 'ballast.yaml'), `consul: { url: "http://127.0.0.1:${consul.port}" }\n`);
  });

  afterEach(async () => {
    await Promise.all(backends.map((backend) => backend.stop()));
    rmSync(folder, { recursive: true });
  });

  const ballast = (...words: string[]): Promise<number> => {
    said = { out: '', err: '' };
    const io = ioWith({ out: (text) => void (said.out += text), err: (text) => void (said.err += text) });
    return run(
      [
        '--engine',
        'http://127.0.0.1:1',
        'init',
        'service',
        ...words,
        '--config',
        folder,
        '--for',
        '1s',
        '--every',
        '250ms',
      ],
      io,
    );
  };
  const file = (): string => join(folder, 'services', 'shop.yaml');

  it('writes a file that check config finds fine, and replaces it only when told', async () => {
    expect(await ballast('shop'), said.err).equal(0);
    expect(said.out).equal('');
    expect(said.err)
      .match(/left out: shop-3 is critical in Consul/)
      .and.match(/preset go: \d of its 10 metrics stand on the page at \/metrics/);
    const text = readFileSync(file(), 'utf8');
    expect(text)
      .match(/^# yaml-language-server: \$schema=.*service\.json$/m)
      .and.match(/^preset: (?:go|\[go, node-exporter\])$/m);
    expect(text)
      .match(/from what shop-1, shop-2 showed in/)
      .and.match(/of 2 instances/);
    expect(await run(['check', 'config', folder], ioWith())).equal(0);

    writeFileSync(file(), 'mine');
    expect(await ballast('shop')).equal(64);
    expect(said.err).match(/shop\.yaml is there already\n {2}--force replaces it/);
    expect(readFileSync(file(), 'utf8')).equal('mine');
    expect(await ballast('shop', '--force')).equal(0);
    expect(readFileSync(file(), 'utf8')).match(/^service: shop$/m);
  });

  it('prints instead of writing', async () => {
    const url = `http://127.0.0.1:${backends[0]?.port ?? 0}/metrics`;
    expect(await ballast('shop', '--url', url, '--stdout'), said.err).equal(0);
    expect(said.out).match(/^service: shop$/m);
    expect(existsSync(file())).equal(false);
  });

  it('writes nothing when it is stopped', async () => {
    const stopping = new AbortController();
    let err = '';
    const io = ioWith({
      signal: stopping.signal,
      err: (text) => {
        err += text;
        if (text.startsWith('looking at')) stopping.abort();
      },
    });
    const url = `http://127.0.0.1:${backends[0]?.port ?? 0}/metrics`;
    expect(await run(['init', 'service', 'shop', '--url', url, '--config', folder], io)).equal(1);
    expect(err).match(/stopped; nothing was written\n$/);
    expect(existsSync(file())).equal(false);
  });

  it('says what is in its way', async () => {
    expect(await ballast('nobody')).equal(1);
    expect(said.err).match(/Consul knows no instance of nobody/);
    listed = [entry('shop-3', 1, 'critical')];
    expect(await ballast('shop')).equal(1);
    expect(said.err).match(/none of the 1 instances of shop passes its checks/);
    listed = [entry('shop-1', backends[1]?.port ?? 0)];
    expect(await ballast('shop')).equal(1);
    expect(said.err).match(/no preset is for the page|no metrics page can be read/);
    expect(await ballast('shop', '--preset', 'cobol')).equal(64);
    expect(said.err, said.err).match(/no preset "cobol"/);
    expect(await ballast('../shop')).equal(64);
    expect(existsSync(file())).equal(false);
  });
});
