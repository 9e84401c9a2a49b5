import { expect } from 'chai';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import * as wire from '../../../config/wire.js';
import { startEditing, type Editing } from '../../support/editing.js';
import { policyFor } from '../../support/policy.js';

const text = (critical = '10%'): string => `# The first line is ours.
service: orders # in Consul
metrics:
  errors: {level: app, ratio: {bad: bad, total: all}, good: 1%, critical: ${critical}, weight: 1}
`;

interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly type: string;
  readonly text: string;
  readonly body: unknown;
}

describe('service files over HTTP', () => {
  let folder: string;
  let editing: Editing;
  const path = (): string => join(folder, 'services', 'orders-service.yaml');
  const url = '/v1/config/services/orders';

  const start = async (): Promise<void> => {
    editing = await startEditing(folder);
  };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-edit-'));
    mkdirSync(join(folder, 'services'));
    writeFileSync(join(folder, 'ballast.yaml'), 'engine: {data: data}\n');
    writeFileSync(path(), text());
    await start();
  });
  afterEach(async () => {
    await editing.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = async (
    method: string,
    to: string,
    headers: Record<string, string> = {},
    body?: string | Buffer,
  ): Promise<Answer> => {
    const response = await fetch(editing.url + to, { method, headers, ...(body === undefined ? {} : { body }) });
    const content = await response.text();
    const type = response.headers.get('content-type') ?? '';
    return {
      status: response.status,
      etag: response.headers.get('etag'),
      type,
      text: content,
      body: type.includes('json') && content !== '' ? (JSON.parse(content) as unknown) : null,
    };
  };
  const yaml = { 'content-type': 'application/yaml' };
  const etag = async (): Promise<string> => (await ask('GET', url)).etag ?? '';
  const put = async (body: string, headers: Record<string, string> = {}, query = ''): Promise<Answer> =>
    ask('PUT', url + query, { ...yaml, ...headers }, body);
  const problemsIn = ({ body }: Answer) => z.object({ problems: z.array(wire.problemSchema) }).parse(body).problems;
  const lines = async (service = 'orders'): Promise<string[]> =>
    wire.versionsSchema
      .parse((await ask('GET', `/v1/config/services/${service}/versions`)).body)
      .versions.map(({ version, author, reason, removed }) =>
        [version, author, reason, removed ? 'removed' : 'text'].join(' '),
      );

  it('shows the text as it is stored, comments and all, and the policy that came of it', async () => {
    const plain = await ask('GET', url, { accept: 'application/yaml' });
    expect(plain).to.include({ status: 200, text: text() });
    expect(plain.type).to.match(/^application\/yaml/);
    const around = wire.serviceTextSchema.parse((await ask('GET', url)).body);
    expect(around).to.include({
      origin: 'file',
      file: path(),
      etag: plain.etag,
      inForce: true,
      version: 1,
      text: text(),
    });
    const resolved = await ask('GET', `${url}?resolved`);
    expect(resolved.body).to.deep.equal(
      JSON.parse(JSON.stringify(editing.reloader.configuration.services.values().next().value)),
    );
    expect((await ask('GET', `${url}?resolved`, { accept: 'text/yaml' })).text).to.match(/^scrape:$/m);
    const { services } = wire.serviceConfigsSchema.parse((await ask('GET', '/v1/config/services')).body);
    expect(services.map(({ service }) => service)).to.deep.equal(['orders']);
    expect((await ask('HEAD', url)).etag).to.equal(plain.etag);
  });

  it('writes what is sent into the file it was in, with its mode, and keeps who, when and why', async () => {
    chmodSync(path(), 0o640);
    const answer = await put(
      text('20%'),
      { 'if-match': await etag(), 'x-ballast-author': 'ana' },
      `?reason=${encodeURIComponent('zu streng, Zoë')}`,
    );
    expect(answer.status).to.equal(200);
    const edit = wire.editSchema.parse(answer.body);
    expect(edit).to.deep.include({
      version: 2,
      done: true,
      etag: answer.etag,
      changes: { added: [], changed: ['orders'], removed: [] },
    });
    expect(readFileSync(path(), 'utf8')).to.equal(text('20%'));
    expect(statSync(path()).mode & 0o777).to.equal(0o640);
    expect(readdirSync(join(folder, 'services'))).to.deep.equal(['orders-service.yaml']);
    expect([...editing.reloader.configuration.services.values()][0]?.metrics[0]?.critical).to.equal(0.2);
    expect(await lines()).to.deep.equal(['2 ana zu streng, Zoë text', '1 file  text']);
    expect((await ask('GET', `${url}/versions?version=1`, { accept: 'application/yaml' })).text).to.equal(text());
  });

  it('lets nobody overwrite what he has not seen', async () => {
    const old = await etag();
    expect(await put(text('20%'))).to.deep.include({ status: 428 });
    writeFileSync(path(), text('30%'));
    const late = await put(text('20%'), { 'if-match': old });
    expect(late.status).to.equal(412);
    expect(late.body).to.include({ etag: await etag(), code: 'PRECONDITION_FAILED' });
    expect(await put(text('20%'), { 'if-none-match': '*' })).to.include({ status: 412 });
    expect(await put(text('20%'), { 'if-match': `W/${await etag()}` })).to.include({ status: 412 });
    expect(readFileSync(path(), 'utf8')).to.equal(text('30%'));
    expect(await put(text('20%'), { 'if-match': `"x", ${await etag()}` })).to.include({ status: 200 });
    expect(await put(text('25%'), { 'if-match': '*' })).to.include({ status: 200 });
    expect(await lines()).to.deep.equal(['3 unknown  text', '2 unknown  text', '1 file  text']);
  });

  it('serves one of two who change the same at once', async () => {
    const seen = await etag();
    const answers = await Promise.all(
      ['20%', '30%', '40%'].map((critical) => put(text(critical), { 'if-match': seen })),
    );
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 412, 412]);
    expect(await lines()).to.have.length(2);
  });

  it('refuses a text with every problem and its place, and touches nothing', async () => {
    const bad = 'service: users\nmetrics:\n\terrors: 1\n';
    const broken = await put(bad, { 'if-match': '*' });
    expect(broken.status).to.equal(422);
    expect(broken.type).to.match(/^application\/problem\+json/);
    expect(problemsIn(broken)[0]).to.include({ line: 3, file: path() });
    const wrong = await put('service: orders\npreset: nodd\nheel: {}\nzones: {fall: 0, rize: 2}\n', {
      'if-match': '*',
    });
    expect(problemsIn(wrong).map(({ line, column, path: at }) => [line, column, at])).to.deep.equal([
      [2, 9, 'preset'],
      [3, 1, 'heel'],
      [4, 15, 'zones.fall'],
      [4, 18, 'zones.rize'],
    ]);
    const other = await put('preset: node\nservice: users\n', { 'if-match': '*' });
    expect(problemsIn(other)).to.have.length(1);
    expect(problemsIn(other)[0]).to.include({ line: 2, column: 10, path: 'service', hint: 'write service: orders' });
    expect(readFileSync(path(), 'utf8')).to.equal(text());
    expect(await lines()).to.deep.equal(['1 file  text']);
  });

  it('creates, removes and brings back', async () => {
    const users = '/v1/config/services/users';
    const made = await ask(
      'PUT',
      users,
      { 'content-type': 'application/json', 'if-none-match': '*' },
      '{"service": "users",\n "preset": "node"}',
    );
    expect(made.status).to.equal(201);
    expect(readFileSync(join(folder, 'services', 'users.yaml'), 'utf8')).to.equal(
      '{"service": "users",\n "preset": "node"}',
    );
    expect((await ask('DELETE', users)).status).to.equal(428);
    const gone = await ask('DELETE', `${users}?author=bo&reason=moved`, { 'if-match': made.etag ?? '' });
    expect(wire.editSchema.parse(gone.body)).to.deep.include({
      etag: null,
      version: 2,
      changes: { added: [], changed: [], removed: ['users'] },
    });
    expect(existsSync(join(folder, 'services', 'users.yaml'))).to.equal(false);
    expect((await ask('GET', users)).status).to.equal(404);
    expect((await ask('DELETE', users, { 'if-match': '*' })).status).to.equal(404);
    const back = async (version: number): Promise<Answer> =>
      ask(
        'POST',
        `${users}/rollback`,
        { 'content-type': 'application/json' },
        JSON.stringify({ version, author: 'cy', reason: 'needed' }),
      );
    expect(await back(2)).to.include({ status: 409 });
    expect(await back(9)).to.include({ status: 404 });
    expect(await back(1)).to.include({ status: 201 });
    expect(await lines('users')).to.deep.equal(['3 cy needed text', '2 bo moved removed', '1 unknown  text']);
  });

  it('goes back to an earlier text, unless it is refused today or somebody was faster', async () => {
    await put(text('20%'), { 'if-match': '*' });
    const back = (headers = {}): Promise<Answer> =>
      ask('POST', `${url}/rollback`, { 'content-type': 'application/json', ...headers }, '{"version": 1}');
    expect(await back({ 'if-match': '"old"' })).to.include({ status: 412 });
    expect(await back()).to.include({ status: 200 });
    expect(readFileSync(path(), 'utf8')).to.equal(text());
    expect((await lines())[0]).to.equal('3 unknown back to version 1 text');
    expect(
      (await ask('POST', `${url}/rollback`, { 'content-type': 'application/json' }, '{"verson": 1}')).status,
    ).to.equal(400);
  });

  it('keeps what was edited by hand as versions of the file, once it is in force', async () => {
    writeFileSync(path(), 'service: orders\nheel: {}\n');
    editing.reloader.reload('file');
    expect(await lines()).to.have.length(1);
    expect(wire.serviceTextSchema.parse((await ask('GET', url)).body)).to.include({ origin: 'file', inForce: false });
    writeFileSync(path(), text('20%'));
    editing.reloader.reload('file');
    editing.reloader.reload('file');
    expect(await lines()).to.deep.equal(['2 file  text', '1 file  text']);
    rmSync(path());
    editing.reloader.reload('file');
    expect((await lines())[0]).to.equal('3 file  removed');
  });

  it('records after a restart what changed while nobody looked', async () => {
    await editing.close();
    writeFileSync(path(), text('20%'));
    await start();
    expect(await lines()).to.deep.equal(['2 file  text', '1 file  text']);
    await editing.close();
    await start();
    expect(await lines()).to.have.length(2);
  });

  it('changes nothing while another file is refused, and says which', async () => {
    writeFileSync(join(folder, 'services', 'users.yaml'), 'service: users\nheel: {}\npreset: node\n');
    const answer = await put(text('20%'), { 'if-match': '*' });
    expect(answer.status).to.equal(409);
    expect(problemsIn(answer)[0]).to.include({ line: 2, path: 'heel' });
    expect(readFileSync(path(), 'utf8')).to.equal(text());
    const { services } = wire.serviceConfigsSchema.parse((await ask('GET', '/v1/config/services')).body);
    expect(services.map(({ service, origin, inForce }) => [service, origin, inForce])).to.deep.equal([
      ['orders', 'file', true],
      ['users', 'none', false],
    ]);
    // The refused one itself can be mended this way.
    const users = await ask(
      'PUT',
      '/v1/config/services/users',
      { ...yaml, 'if-match': '*' },
      'service: users\npreset: node\n',
    );
    expect(users.status).to.equal(200);
    expect([...editing.reloader.configuration.services.keys()]).to.deep.equal(['orders', 'users']);
  });

  it('looks at a change without making it, and asks what would be', async () => {
    const answer = await put(text('20%'), {}, '?dry_run');
    expect(wire.editSchema.parse(answer.body)).to.deep.include({
      ...{ done: false, version: null, whatIf: { looked: true } },
      changes: { added: [], changed: ['orders'], removed: [] },
    });
    expect(await ask('DELETE', `${url}?dry_run`)).to.include({ status: 200 });
    expect(editing.asked).to.deep.equal([
      ['orders', 0.2],
      ['orders', null],
    ]);
    expect(await put('service: orders\n', {}, '?dry_run')).to.include({ status: 422 });
    expect(await put(text('20%'), { 'if-match': '"old"' }, '?dry_run')).to.include({ status: 412 });
    expect(readFileSync(path(), 'utf8')).to.equal(text());
    expect(await lines()).to.have.length(1);
  });

  it('gives a file to a service that discovery found', async () => {
    editing.found = [policyFor('service: users\npreset: node\n')];
    const users = '/v1/config/services/users';
    expect(wire.serviceTextSchema.parse((await ask('GET', users)).body)).to.deep.include({
      origin: 'discovery',
      file: null,
      text: null,
      etag: null,
    });
    expect((await ask('GET', users, { accept: 'application/yaml' })).body).to.include({ status: 404, code: 'NO_FILE' });
    expect((await ask('DELETE', users, { 'if-match': '*' })).status).to.equal(404);
    expect((await ask('PUT', users, yaml, 'service: users\npreset: node\n')).status).to.equal(201);
  });

  it('writes through a symbolic link, and leaves it one', async () => {
    const real = join(folder, 'real.yaml');
    writeFileSync(real, text());
    rmSync(path());
    symlinkSync(real, path());
    expect(await put(text('20%'), { 'if-match': '*' })).to.include({ status: 200 });
    expect(readFileSync(real, 'utf8')).to.equal(text('20%'));
  });

  for (const [what, to, headers, body, status] of [
    ['a name that leaves the folder', '/v1/config/services/..%2Fballast', yaml, 'service: x\n', 400],
    ['a name with a slash', '/v1/config/services/a%2Fb', yaml, 'service: x\n', 400],
    ['a hidden name', '/v1/config/services/.orders', yaml, 'service: x\n', 400],
    ['a name with a null byte', '/v1/config/services/a%00b', yaml, 'service: x\n', 400],
    ['no body', url, yaml, undefined, 400],
    [
      'a form, as curl sends it',
      url,
      { 'content-type': 'application/x-www-form-urlencoded' },
      'service: orders\n',
      415,
    ],
    ['bytes that are no text', url, yaml, Buffer.from([0x73, 0xff, 0xfe]), 400],
    ['more than a megabyte', url, yaml, `# ${'x'.repeat(2 ** 20)}\n`, 413],
    ['broken JSON', url, { 'content-type': 'application/json' }, '{"service":', 400],
    ['an author of two lines', `${url}?author=a%0Ab`, yaml, 'service: orders\n', 400],
    ['a parameter that nobody knows', `${url}?dryrun`, yaml, 'service: orders\n', 400],
    [
      'a bomb of aliases',
      url,
      { ...yaml, 'if-match': '*' },
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
        .split('')
        .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefghij'[i]}`).join()}]`)
        .join('\n')}\n`,
      422,
    ],
  ] as const)
    it(`refuses ${what}`, async () => {
      const answer = await ask('PUT', to, headers, body);
      expect(answer.status).to.equal(status);
      expect(readFileSync(path(), 'utf8')).to.equal(text());
      expect(readdirSync(folder).sort()).to.deep.equal(['ballast.yaml', 'data', 'services']);
      expect(readdirSync(join(folder, 'services'))).to.deep.equal(['orders-service.yaml']);
    });

  it('edits on while versions cannot be kept, and says so', async () => {
    await editing.close();
    rmSync(join(folder, 'data'), { recursive: true });
    writeFileSync(join(folder, 'data'), 'no folder');
    await start();
    const answer = await put(text('20%'), { 'if-match': '*' });
    expect(answer.status).to.equal(200);
    expect(wire.editSchema.parse(answer.body).warnings.join()).to.match(
      /^it is in force, but not recorded: versions: /,
    );
    expect(editing.versions.problem).to.match(/^versions: cannot use /);
    expect((await ask('GET', `${url}/versions`)).status).to.equal(503);
    expect((await ask('GET', url)).status).to.equal(200);
  });
});
