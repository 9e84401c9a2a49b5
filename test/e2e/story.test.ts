/** The whole loop, end to end: real Consul, NGINX and processes or containers, a fault, and what becomes of it. */
import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { stages } from '../../scripts/demo/story/timeline.js';
import { needs } from '../support/parts.js';

const program = join(dirname(fileURLToPath(import.meta.url)), '../../scripts/demo/run.js');
const storyMs = 180_000;

const seconds = z.number().nullable();
const clients = z.object({
  ...{ requests: z.number(), errors: z.number(), errorsGet: z.number(), errorsPost: z.number() },
  ...{ p50: seconds, p99: seconds, errorsReused: z.number(), kinds: z.record(z.string(), z.number()) },
});
/** What `scripts/demo/run --json` promises. */
const storySchema = z.strictObject({
  ...{
    fault: z.string(),
    instance: z.string(),
    runtime: z.string(),
    interval: z.string(),
    retries: z.enum(['on', 'off']),
    connections: z.enum(['fresh', 'kept']),
  },
  overrides: z.record(z.string(), z.string()),
  seconds: z.strictObject({
    ...{ weightLowered: seconds, red: seconds, out: seconds, probation: seconds },
    ...{ killed: seconds, replaced: seconds, green: seconds, fullWeight: seconds },
  }),
  clients: z.strictObject({ before: clients, during: clients, after: clients }),
  ...{ reloads: z.number(), reloadErrors: z.number(), ok: z.boolean(), why: z.string() },
});
type Story = z.infer<typeof storySchema>;

const play = (...words: readonly string[]): Promise<{ readonly status: number; readonly story: Story }> =>
  new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [program, '--json', ...words], (error, stdout, stderr) => {
      try {
        resolve({ status: child.exitCode ?? -1, story: storySchema.parse(JSON.parse(stdout)) });
      } catch (cause) {
        reject(
          new Error(`no story: ${stderr.slice(-2_000)}${error ? `; ${error.message.slice(0, 200)}` : ''}`, { cause }),
        );
      }
    });
  });

/** Times, and the consent to heal, which no default gives. */
const permitted =
  /^(?:scrape|system)\.(?:interval|timeout|connect_timeout)$|^traffic\.breaker\.|^heal\.(?:after|mode)$/;

const endsWell = async (fault: string, runtime: string, ...more: readonly string[]): Promise<Story> => {
  const { status, story } = await play('--fault', fault, '--instance', 'orders-2', '--runtime', runtime, ...more);
  expect(story.ok, story.why).to.equal(true);
  expect(status).to.equal(0);
  expect(story).to.deep.include({ fault, runtime, instance: 'orders-2', interval: '1s', reloadErrors: 0 });
  expect(Object.keys(story.overrides).filter((path) => !permitted.test(path))).to.deep.equal([]);
  expect(story.clients.before).to.deep.include({ errors: 0 });
  expect(story.clients.after).to.deep.include({ errors: 0 });
  return story;
};

describe('the closed loop', function () {
  this.timeout(storyMs);
  before(function () {
    needs(this, 'consul', 'nginx');
  });

  describe('on processes', () => {
    it('takes an instance that fails half of its requests out, restarts it, and gives it its weight back', async () => {
      const story = await endsWell('errors', 'exec');
      const { weightLowered, out, killed } = story.seconds;
      expect(weightLowered).to.be.within(0.1, 8);
      expect(out).to.be.within(0.1, 10);
      expect(killed).to.be.greaterThan(out ?? 0);
      // NGINX tries a GET once more elsewhere; a POST that failed stays failed.
      expect(story.clients.during.errorsGet).to.equal(0);
      expect(story.clients.during.errorsPost).to.be.greaterThan(0);
      expect(story.reloads).to.be.within(2, 40);
    });

    it('says what went wrong, and uses no exit 0, when it cannot be played', async () => {
      const refused = await play('--fault', 'nonsense').then(() => null, String);
      expect(refused).to.include('expected one of errors, gray');
    });

    for (const fault of ['gray', 'latency', 'leak', 'cpu', 'hang', 'crash', 'shared'])
      it(`long: ${fault} ends as it should`, async () => {
        await endsWell(fault, 'exec');
      });

    it('long: errors end well without retries too', async () => {
      const story = await endsWell('errors', 'exec', '--retries', 'off');
      expect(story.clients.during.errorsGet).to.be.greaterThan(0);
    });
  });

  describe('on Docker', () => {
    before(function () {
      needs(this, 'docker');
    });

    it('replaces a container that died', async () => {
      const { seconds: at } = await endsWell('crash', 'docker');
      for (const stage of stages.filter((name) => name !== 'probation')) expect(at[stage], stage).to.be.a('number');
    });

    for (const fault of ['errors', 'gray', 'latency', 'leak', 'cpu', 'hang', 'shared'])
      it(`long: ${fault} ends as it should`, async () => {
        await endsWell(fault, 'docker');
      });
  });
});
