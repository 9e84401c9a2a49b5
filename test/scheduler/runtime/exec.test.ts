/** With real processes of this machine. */
import { expect } from 'chai';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { chmod, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../lib/clock.js';
import { createLog } from '../../../lib/log.js';
import type { Identity } from '../../../scheduler/client/index.js';
import { parseStat, readProcess } from '../../../scheduler/proc.js';
import { runCommand } from '../../../scheduler/runtime/command.js';
import { createRuntimes, type Runtime } from '../../../scheduler/runtime/index.js';
import { eventually } from '../../support/eventually.js';
import { entryOf, never, still, targetOf } from './helpers.js';

const log = createLog({ level: 'silent', name: 'test' });

describe('runtime: processes of this machine', function () {
  this.timeout(20_000);
  let folder: string;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ballast-exec-test-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  const entry = entryOf('shop-1', '127.0.0.1', 9001);
  const pidFile = (): string => join(folder, 'shop-1.pid');
  const script = async (text: string): Promise<string> => {
    const path = join(folder, 'restart');
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
    return path;
  };
  const given = (
    restart: readonly string[] = ['/bin/true'],
    replace: readonly string[] | null = null,
  ): { runtime: Runtime; target: ReturnType<typeof targetOf> } => {
    const policy = { kind: 'exec', restart, replace, pidFile: join(folder, '{{instance.id}}.pid') } as const;
    const runtime = createRuntimes({ dockerSocket: '/nowhere', clock: systemClock, log })(policy);
    if (!runtime) throw new Error('a runtime');
    return { runtime, target: targetOf(policy, entry) };
  };
  /** A process that runs until it is killed, with its pid written down. */
  const startProcess = async (): Promise<ChildProcess> => {
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    children.push(child);
    await once(child, 'spawn');
    await writeFile(pidFile(), `${child.pid}\n`);
    return child;
  };
  const end = async (child: ChildProcess): Promise<void> => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  const identityOf = async ({ runtime, target }: ReturnType<typeof given>): Promise<Identity> => {
    const fact = await runtime.find(target, never);
    if (fact.kind !== 'one') throw new Error(`${fact.kind}: ${fact.why}`);
    return fact.identity;
  };

  describe('find', () => {
    it('knows the process by its pid file', async () => {
      const child = await startProcess();
      const { runtime, target } = given();
      const fact = await runtime.find(target, never);
      expect(fact).to.deep.include({ kind: 'one', running: true });
      expect(fact.kind === 'one' && fact.identity).to.include({ kind: 'exec', unit: 'shop-1', pid: child.pid });
    });

    it('keeps the identity of a process that died, and says that it does not run', async () => {
      const child = await startProcess();
      const all = given();
      const before = await identityOf(all);
      await end(child);
      const fact = await all.runtime.find(all.target, never);
      expect(fact).to.deep.include({ kind: 'one', running: false, identity: before });
    });

    it('does not take a process for the instance that was given its pid later', async () => {
      await startProcess();
      const longAgo = new Date(Date.now() - 3_600_000);
      await utimes(pidFile(), longAgo, longAgo);
      const { runtime, target } = given();
      expect(await runtime.find(target, never)).to.deep.include({ kind: 'one', running: false });
    });

    it('finds none without a pid file, or on another host', async () => {
      const { runtime, target } = given();
      expect(await runtime.find(target, never)).to.deep.include({
        kind: 'none',
        why: `there is no pid file ${pidFile()}`,
      });
      await startProcess();
      const elsewhere = { ...target, entry: { ...entry, node: { name: 'there', address: '192.0.2.1' } } };
      expect((await runtime.find(elsewhere, never)).kind).to.equal('none');
    });

    for (const text of ['', '0', '-1', '1 2', 'abc', '99999999999', '$(id)']) {
      it(`cannot read ${JSON.stringify(text)} as a pid`, async () => {
        await writeFile(pidFile(), text);
        const { runtime, target } = given();
        expect((await runtime.find(target, never)).kind).to.equal('unreadable');
      });
    }
  });

  describe('replace', () => {
    it('runs its own command, which is told what it is for', async () => {
      await startProcess();
      const command = await script('echo "$1 $BALLAST_STEP $BALLAST_ACTION $BALLAST_START_NEW_FIRST"');
      const all = given(['/bin/false'], [command, '{{instance.id}}']);
      const options = { action: 'shop/shop-1/7', graceMs: 1_000, still, startNewFirst: true };
      const result = await all.runtime.replace(all.target, await identityOf(all), options, never);
      expect(result).to.deep.equal({ kind: 'done', text: 'shop-1 replace shop/shop-1/7 true' });
      const replaced = { id: 'shop/shop-1/7', identity: await identityOf(all), outcome: 'verified' } as const;
      expect(await all.runtime.tidy(all.target, replaced, options, never)).to.deep.equal({ kind: 'nothing' });
    });

    it('cannot without one', async () => {
      await startProcess();
      const all = given();
      const options = { action: 'a', graceMs: 1_000, still, startNewFirst: false };
      const result = await all.runtime.replace(all.target, await identityOf(all), options, never);
      expect(result).to.deep.equal({ kind: 'failed', text: 'runtime.exec has no replace command' });
    });
  });

  describe('gentle', () => {
    const asked = async (
      answer: (request: IncomingMessage, response: ServerResponse) => void,
      more: { readonly isOther?: boolean; readonly mayAct?: boolean; readonly closed?: boolean } = {},
    ) => {
      const seen: string[] = [];
      const server = createServer((request, response) => {
        seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
        answer(request, response);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      if (more.closed) await new Promise((resolve) => server.close(resolve));
      await startProcess();
      const all = given();
      const identity = await identityOf(all);
      const meant = more.isOther && identity.kind === 'exec' ? { ...identity, pid: 1 } : identity;
      const step = { do: 'gentle', post: '/refresh?all=1', port, timeoutMs: 300, verifyMs: 1 } as const;
      const options = { action: 'a', graceMs: 1, still: () => more.mayAct ?? true };
      const result = await all.runtime.gentle(all.target, meant, { step, scheme: 'http' }, options, never);
      server.closeAllConnections();
      server.close();
      return { kind: result.kind, text: result.text.replace(String(port), 'PORT'), seen };
    };
    const url = 'POST http://127.0.0.1:PORT/refresh?all=1';

    it('posts to the instance itself; any 2xx is done', async () => {
      const { kind, text, seen } = await asked((_, response) => response.writeHead(204).end());
      expect([kind, text, seen]).to.deep.equal(['done', `${url} answered 204`, ['POST /refresh?all=1']]);
    });

    it('follows no redirect, and takes no other answer for done', async () => {
      const redirect = await asked((_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
      expect([redirect.kind, redirect.text, redirect.seen.length]).to.deep.equal(['failed', `${url} answered 302`, 1]);
      expect((await asked((_, response) => response.writeHead(500).end())).text).to.equal(`${url} answered 500`);
    });

    it('waits no longer than it may, and needs no end of the answer', async () => {
      expect((await asked(() => undefined)).text).to.equal(`${url}: no answer within 300 ms`);
      const endless = await asked((_, response) => void response.writeHead(200).write('on and on'));
      expect(endless.kind).to.equal('done');
      expect((await asked(() => undefined, { closed: true })).text).to.equal(`${url}: connection refused`);
    });

    it('asks nobody else than the process that was meant, and nobody without the lock', async () => {
      const other = await asked((_, response) => response.end(), { isOther: true });
      expect([other.kind, other.seen]).to.deep.equal(['look-again', []]);
      const late = await asked((_, response) => response.end(), { mayAct: false });
      expect([late.kind, late.seen]).to.deep.equal(['look-again', []]);
    });
  });

  describe('restart', () => {
    it('runs the command with the values in their places and the grace in its environment', async () => {
      const child = await startProcess();
      const all = given([
        await script('echo "$1 $2 $BALLAST_GRACE_SECONDS $BALLAST_INSTANCE"'),
        '{{instance.id}}',
        '{{pid}}',
      ]);
      const result = await all.runtime.restart(
        all.target,
        await identityOf(all),
        { action: 'a-1', graceMs: 2_500, still },
        never,
      );
      expect(result).to.deep.equal({ kind: 'done', text: `shop-1 ${child.pid} 3 shop-1` });
    });

    it('looks again when another process is the instance by now, and runs nothing', async () => {
      const old = await startProcess();
      const all = given([await script(`touch ${join(folder, 'ran')}`)]);
      const before = await identityOf(all);
      await end(old);
      await startProcess();
      const result = await all.runtime.restart(all.target, before, { action: 'a-1', graceMs: 1_000, still }, never);
      expect(result.kind).to.equal('look-again');
      expect(existsSync(join(folder, 'ran'))).to.equal(false);
    });

    it('runs nothing when the lock may have gone while it looked', async () => {
      await startProcess();
      const all = given([await script(`touch ${join(folder, 'ran')}`)]);
      const gone = { action: 'a-1', graceMs: 1_000, still: () => false };
      const result = await all.runtime.restart(all.target, await identityOf(all), gone, never);
      expect(result).to.deep.equal({ kind: 'look-again', text: 'not begun: the lock is not confirmed any more' });
      expect(existsSync(join(folder, 'ran'))).to.equal(false);
    });

    it('fails with what the command said', async () => {
      await startProcess();
      const all = given([await script('echo "no such unit" >&2; exit 3')]);
      const result = await all.runtime.restart(
        all.target,
        await identityOf(all),
        { action: 'a-1', graceMs: 1_000, still },
        never,
      );
      expect(result.kind).to.equal('failed');
      expect(result.text).to.match(/ended with 3: no such unit$/);
    });

    it('fails when there is no such command', async () => {
      await startProcess();
      const all = given(['/nowhere/ctl']);
      const result = await all.runtime.restart(
        all.target,
        await identityOf(all),
        { action: 'a-1', graceMs: 1_000, still },
        never,
      );
      expect(result.kind).to.equal('failed');
      expect(result.text).to.contain('/nowhere/ctl').and.to.contain('ENOENT');
    });

    it('sees no shell: what looks like one is an argument', async () => {
      await startProcess();
      const all = given(['/bin/echo', '$HOME; touch x', '{{service}}']);
      const result = await all.runtime.restart(
        all.target,
        await identityOf(all),
        { action: 'a-1', graceMs: 1_000, still },
        never,
      );
      expect(result).to.deep.equal({ kind: 'done', text: '$HOME; touch x shop' });
    });

    it('kills the command when it is called off, and rejects', async () => {
      await startProcess();
      const all = given([await script(`echo $$ > ${join(folder, 'helper')}; exec sleep 600`)]);
      const off = new AbortController();
      const restarting = all.runtime.restart(
        all.target,
        await identityOf(all),
        { action: 'a-1', graceMs: 1_000, still },
        off.signal,
      );
      const outcome = restarting.then(
        () => 'resolved',
        () => 'rejected',
      );
      const helper = await eventually(async () => Number(await readFile(join(folder, 'helper'), 'utf8')) || false);
      off.abort();
      expect(await outcome).to.equal('rejected');
      await eventually(async () => (await readProcess(helper)) === null);
    });
  });

  describe('a helper command', () => {
    const run = (program: string, signal = never) => runCommand({ program, args: [], env: {}, still }, signal);

    it('is killed with all that it started when it is called off', async () => {
      const late = new AbortController();
      const path = await script(`sleep 600 & echo $! > ${join(folder, 'grandchild')}; wait`);
      const running = run(path, late.signal);
      const grandchild = await eventually(
        async () => Number(await readFile(join(folder, 'grandchild'), 'utf8')) || false,
      );
      late.abort(new Error('its time was over'));
      expect(await running).to.deep.equal({ begun: true, code: null, text: 'killed: its time was over' });
      await eventually(async () => (await readProcess(grandchild)) === null);
    });

    it('keeps only the end of a long output', async () => {
      const { code, text } = await run(await script('yes loud | head -c 1000000; echo the end'));
      expect(code).to.equal(0);
      expect(text).to.match(/loud\nthe end$/);
      expect(text.length).to.be.at.most(2_000);
    });

    it('does not wait for a service that keeps its output, and leaves it alone', async () => {
      const { code, text } = await run(await script(`sleep 600 & echo $! > ${join(folder, 'service')}; echo started`));
      expect({ code, text }).to.deep.equal({ code: 0, text: 'started' });
      const service = Number(await readFile(join(folder, 'service'), 'utf8'));
      expect(await readProcess(service)).to.not.equal(null);
      process.kill(service, 'SIGKILL');
    });
  });

  describe('/proc', () => {
    it('reads the start time after a name with spaces and parentheses', () => {
      const fields = Array.from({ length: 40 }, (_, i) => i + 4).join(' ');
      expect(parseStat(`42 (a) b (c) S ${fields}\n`)).to.deep.equal({ pid: 42, state: 'S', startTicks: 22 });
      expect(parseStat('nonsense')).to.equal(null);
    });
  });
});
