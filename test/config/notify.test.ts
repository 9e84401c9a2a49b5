import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBallast } from '../../config/load.js';

describe('whom to tell, as ballast.yaml says', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ballast-notify-'));
    writeFileSync(join(folder, 'pager.secret'), 'from the file\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const load = (text: string) => {
    writeFileSync(join(folder, 'ballast.yaml'), text);
    const { value, problems } = loadBallast(join(folder, 'ballast.yaml'), { TOKEN: 'from the environment' });
    return { value, problems: problems.map(({ line, path, message }) => `${line} ${path}: ${message}`) };
  };

  it('is nobody unless it is written', () => {
    const { value } = load('');
    expect(value?.notify).to.deep.equal({ link: null, summaryMs: 900_000, webhooks: [] });
    expect(value?.heartbeat).to.equal(null);
  });

  it('takes secrets from files and from the environment', () => {
    const { value, problems } = load(
      [
        'notify:',
        '  summary: 5m',
        '  webhooks:',
        '    - {name: pager, url: "https://hooks.example/a?b=c", secret_file: pager.secret, levels: [page]}',
        '    - {name: chat, url: "http://127.0.0.1:9/x", headers: {Authorization: "Bearer ${TOKEN}"}}',
        'heartbeat: {url: "https://checks.example/ping/1", every: 30s, method: GET}',
      ].join('\n'),
    );
    expect(problems).to.deep.equal([]);
    expect(value?.notify.summaryMs).to.equal(300_000);
    expect(value?.notify.webhooks).to.deep.equal([
      { name: 'pager', url: 'https://hooks.example/a?b=c', secret: 'from the file', headers: {}, levels: ['page'] },
      {
        ...{ name: 'chat', url: 'http://127.0.0.1:9/x', secret: null, levels: ['page', 'warn', 'info'] },
        headers: { Authorization: 'Bearer from the environment' },
      },
    ]);
    expect(value?.heartbeat).to.deep.include({ everyMs: 30_000, method: 'GET', secret: null });
  });

  const refused: [string, string, string][] = [
    ['no address', 'notify: {webhooks: [{name: a, url: nowhere}]}', 'an address like'],
    [
      'a secret twice',
      'notify: {webhooks: [{name: a, url: "http://x", secret: s, secret_file: pager.secret}]}',
      'secret and secret_file are both given',
    ],
    ['a secret that is not there', 'heartbeat: {url: "http://x", secret_file: none}', 'secret file "none"'],
    [
      'a name twice',
      'notify: {webhooks: [{name: a, url: "http://x"}, {name: a, url: "http://y"}]}',
      'two webhooks are called a',
    ],
    [
      'a level that is none',
      'notify: {webhooks: [{name: a, url: "http://x", levels: [loud]}]}',
      'one of page, warn, info',
    ],
    ['a header that is none', 'notify: {webhooks: [{name: a, url: "http://x", headers: {"a b": c}}]}', 'header'],
    ['an unknown key', 'notify: {hooks: []}', 'hooks'],
    ['too many beats', 'heartbeat: {url: "http://x", every: 1s}', 'between 5s and 1d'],
  ];
  for (const [what, text, said] of refused)
    it(`refuses ${what}, with its place`, () => {
      const { value, problems } = load(text);
      expect(value).to.equal(null);
      expect(problems.join('\n'))
        .to.match(/^1 (notify|heartbeat)/)
        .and.to.include(said);
    });
});
