/** What reaches a file: golden files, hostile values, same bytes, never empty. */
import { expect } from 'chai';
import fc from 'fast-check';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../../lib/paths.js';
import {
  type DesiredUpstream,
  readTemplates,
  type Rendered,
  renderUpstreams,
} from '../../../scheduler/gateway/index.js';
import type { Templates } from '../../../scheduler/gateway/index.js';
import { nginxBinary } from '../../support/nginx.js';
import { server, upstream } from './helpers.js';

const config = {
  config: '/etc/nginx/nginx.conf',
  directory: '/etc/nginx/ballast',
  mark: { host: '127.0.0.1', port: 7072 },
  workerShutdownTimeoutMs: 30_000,
};
const golden = join(packageRoot, 'test', 'golden', 'nginx');

const cases: Record<string, readonly DesiredUpstream[]> = {
  weights: [
    upstream('orders', [server('orders-1', 9001, 100), server('orders-2', 9002, 10), server('orders-3', 9003, 0)]),
  ],
  'no-retries': [
    upstream('users', [server('users-1', 9001)], { retries: false, connectTimeoutMs: 250, readTimeoutMs: 60_000 }),
  ],
  'ipv6-and-two-upstreams': [
    upstream('users.v2', [server('users-1', 80, 50, 'fd00::7'), server('users-1@node-b', 80, 100, '10.0.0.7')]),
    upstream('orders', [server('orders-1', 9001)]),
  ],
  'nobody-in-rotation': [upstream('orders', [server('orders-1', 9001, 0)]), upstream('users', [])],
  'no-upstream': [],
};

/** The files of a revision, each under its name, as one text. */
const asText = ({ files }: Rendered): string => [...files].map(([path, text]) => `#### ${path}\n${text}`).join('\n');

describe('gateway: rendering', () => {
  let templates: Templates;
  let folder: string;
  before(async () => {
    templates = await readTemplates(null);
    folder = await mkdtemp(join(tmpdir(), 'ballast-render-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const render = (desired: readonly DesiredUpstream[], texts: Templates = templates): Rendered =>
    renderUpstreams(desired, config, texts);
  const withHttp = (text: string): Templates => ({
    ...templates,
    'http.conf.hbs': { path: '/my/http.conf.hbs', text },
  });

  /** What the real NGINX says of these files. */
  const nginxAccepts = async ({ files }: Rendered): Promise<void> => {
    const root = join(folder, 'prefix');
    await rm(root, { recursive: true, force: true });
    for (const [path, text] of files) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    const locations = [...files.keys()].filter((path) => path.startsWith('locations/'));
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((kind) => `${kind}_temp_path temp;`)
      .join(' ');
    const blocks = locations.map((path, i) => `location /${i}/ { include ${path}; }`).join('\n');
    await writeFile(
      join(root, 'nginx.conf'),
      `error_log stderr;\npid nginx.pid;\ninclude main.conf;\nevents {}\nhttp { access_log off; ${temp}\ninclude http.conf;\nserver { listen 127.0.0.1:65123;\n${blocks} } }\n`,
    );
    execFileSync(nginxBinary(), ['-t', '-q', '-p', root, '-c', join(root, 'nginx.conf')], { stdio: 'pipe' });
  };

  for (const [name, desired] of Object.entries(cases)) {
    it(`golden: ${name}, which the real nginx -t accepts`, async () => {
      const rendered = render(desired);
      const path = join(golden, `${name}.txt`);
      if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(path, asText(rendered));
      expect(asText(rendered)).to.equal(await readFile(path, 'utf8'));
      await nginxAccepts(rendered);
    });
  }

  it('is accepted with 5,000 servers in one upstream: the zone grows with them', async () => {
    const servers = Array.from({ length: 5_000 }, (_, i) =>
      server(`orders-${i}`, 8080, 1 + (i % 100), `10.${i >> 12}.${(i >> 6) & 63}.${(i & 63) + 1}`),
    );
    await nginxAccepts(render([upstream('orders', servers)]));
  });

  const weights = fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 12 });
  const fleet = fc
    .uniqueArray(fc.stringMatching(/^[a-z][a-z0-9.-]{0,8}[a-z]$/), { maxLength: 4 })
    .chain((names) => fc.tuple(...names.map((name) => weights.map((each) => [name, each] as const))))
    .map((groups) =>
      groups.map(([name, each]) =>
        upstream(
          name,
          each.map((weight, i) => server(`${name}-${i}`, 8000 + i, weight)),
        ),
      ),
    );

  it('gives the same bytes for the same input, in whatever order it comes', () =>
    fc.assert(
      fc.property(fleet, (desired) => {
        const turned = [...desired].reverse().map((each) => ({ ...each, servers: [...each.servers].reverse() }));
        expect(asText(render(turned))).to.equal(asText(render(desired)));
      }),
      { numRuns: 50 },
    ));

  it('gives another revision for another weight, server, timeout, or template', () => {
    const one = (weight: number, more: Partial<DesiredUpstream> = {}) =>
      upstream('a', [server('a-1', 80, weight)], more);
    const revisions = [
      render([one(100)]),
      render([one(90)]),
      render([one(0)]),
      render([one(100, { retries: false })]),
      render([one(100, { readTimeoutMs: 4_000 })]),
      render([upstream('a', [])]),
      render([]),
      render([one(100)], withHttp(`${templates['http.conf.hbs'].text}\n# more`)),
    ].map(({ revision }) => revision);
    expect(new Set(revisions).size).to.equal(revisions.length);
    for (const revision of revisions) expect(revision).to.match(/^[0-9a-f]{12}$/);
  });

  it('never leaves an upstream without a server, and writes out of rotation as down', () =>
    fc.assert(
      fc.property(fleet, (desired) => {
        const text = render(desired).files.get('http.conf') ?? '';
        const blocks = [...text.matchAll(/^upstream \S+ \{[^]*?^\}$/gm)].map(([block]) => block);
        expect(blocks).to.have.length(desired.length);
        for (const block of blocks) expect(block).to.match(/^ {4}server \S+ (?:weight=\d+ )?max_fails=0;/m);
        expect(text).to.not.match(/weight=0\b/);
      }),
      { numRuns: 50 },
    ));

  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      '1.2.3.4;} http {',
      'a b',
      '\n',
      '$host',
      'x;',
      '"',
      '127.0.0.1 down',
      '{{name}}',
      '../../etc/passwd',
      '..',
      '',
      '::1%lo',
      '::1]:80; #',
      '0.0.0.0',
      'localhost',
      '1.2.3',
      '0x7f.1',
      'unix:/run/docker.sock',
      '__proto__',
      'constructor',
      '#',
      'a\u2028b',
    ),
  );

  it('lets no hostile name, address or port reach a file', () =>
    fc.assert(
      fc.property(nasty, nasty, nasty, fc.oneof(fc.double(), fc.integer()), (name, instance, address, port) => {
        const honest = upstream('honest', [server('honest-1', 8080)]);
        const rendered = render([honest, upstream(name, [server(instance, port, 100, address)])]);
        const text = [...rendered.files]
          .filter(([path]) => path.endsWith('.conf'))
          .map(([path, each]) => path + each)
          .join('\n');
        for (const line of text.split('\n').filter((each) => /^ *server [^{]/.test(each))) {
          expect(line).to.match(
            /^ {4}server (?:[\d.]+|\[[\da-fA-F:.]+\]):\d{1,5} (?:weight=\d{1,3} |down )?max_fails=0; # [\w.:@ -]+$/,
          );
        }
        for (const path of rendered.files.keys()) {
          expect(path).to.match(
            /^(?:main\.conf|http\.conf|manifest\.json|locations\/[A-Za-z0-9_][A-Za-z0-9._-]*\.conf)$/,
          );
        }
        expect(Object.keys(rendered.manifest.upstreams)).to.include('honest');
        expect(text.split('{').length).to.equal(text.split('}').length);
      }),
      { numRuns: 200 },
    ));

  it('says what it left out, and why', () => {
    const { leftOut } = render([
      upstream('a', [
        server('a-1', 80, 100, 'db.internal'),
        server('a-2', 0),
        server('a 3', 80),
        server('a-4', 80, 100, '::'),
      ]),
      upstream('a', []),
      upstream('b;', []),
    ]);
    expect([...leftOut].sort()).to.deep.equal([
      'server "a 3" of upstream a: its id has characters that are not allowed',
      'server "a-1" of upstream a: its address "db.internal" is no IP address (a host name is not enough: register the address)',
      'server "a-2" of upstream a: its port 0 is not within 1-65535',
      'server "a-4" of upstream a: its address "::" means any address, not one',
      'upstream "a" of "a": another service has this upstream already',
      'upstream "b;" of "b;": the name is not allowed',
    ]);
  });

  for (const weight of [-1, 0.5, 101, NaN, Infinity]) {
    it(`renders nothing at all for a weight of ${weight}, which only we can have made`, () => {
      expect(() => render([upstream('a', [server('a-1', 80, weight)])])).to.throw(/weight/);
    });
  }

  describe('a template of the user', () => {
    const broken: readonly (readonly [string, string, RegExp])[] = [
      ['that is cut off', '{{#each upstreams}} {{name}', /Parse error on line 1/],
      ['that reads what is not in the model', '\n{{secrets}}', /"secrets" not defined.* 2:2/],
      ['that reaches for prototypes', '{{upstreams.constructor.name}}', /not defined/],
      ['that calls an unknown helper', '{{#shell "id"}}{{/shell}}', /unknown helper shell/],
      ['that writes to our log', '{{log "x"}}', /unknown helper log/],
      ['that wants a partial', '{{> other}}', /partial other/],
    ];
    for (const [name, text, words] of broken) {
      it(`${name} is refused, naming the file`, () => {
        expect(() => render([], withHttp(text)))
          .to.throw(Error, words)
          .with.property('message')
          .that.contains('/my/http.conf.hbs');
      });
    }

    it('sees the validated values as they are, without HTML escapes', () => {
      const text = '{{#each upstreams}}{{#each servers}}{{at}} {{/each}}{{/each}}';
      const { files } = render([upstream('a', [server('a-1@n', 80, 1, '::1')])], withHttp(text));
      expect(files.get('http.conf')).to.equal('[::1]:80 ');
    });
  });
});
