import { expect } from 'chai';
import { serve } from '../../cli/commands/serve.js';
import type { Io } from '../../cli/io.js';
import { VirtualClock } from '../fakes/clock.js';

describe('running a service', () => {
  it('reads the configuration again at each SIGHUP, and does not die of one that comes too early', async () => {
    const ending = new AbortController();
    let hangUp = (): void => undefined;
    const did: string[] = [];
    const io: Io = {
      ...{ out: () => undefined, err: () => undefined, env: {}, colour: false, user: 'me' },
      drained: async () => undefined,
      input: async function* () {
        // nothing is read
      },
      clock: new VirtualClock(),
      signal: ending.signal,
      onHangup: (listener) => {
        hangUp = listener;
      },
    };
    const running = serve(
      io,
      async () => {
        hangUp();
        did.push('started');
        return {
          url: 'http://127.0.0.1:1',
          reload: (trigger) => did.push(`reload by ${trigger}`),
          stop: async () => void did.push('stopped'),
        };
      },
      'config',
    );
    await new Promise((resolve) => setImmediate(resolve));
    hangUp();
    hangUp();
    ending.abort();
    expect(await running).to.equal(0);
    expect(did).to.deep.equal(['started', 'reload by signal', 'reload by signal', 'stopped']);
  });
});
