import { expect } from 'chai';
import { startBackend, type Backend } from '../../support/backend.js';
import { eventually } from '../../support/eventually.js';
import { Link } from './link.js';

describe('a link that can be cut', () => {
  let backend: Backend;
  let link: Link;
  beforeEach(async () => {
    backend = await startBackend('here');
    link = await Link.to(backend.port);
  });
  afterEach(async () => {
    await link.close();
    await backend.stop();
  });

  const ask = async (timeoutMs: number): Promise<string> =>
    (await fetch(link.url, { signal: AbortSignal.timeout(timeoutMs) })).text();

  it('lets everything through', async () => {
    expect(await ask(5_000)).to.equal('here');
  });

  it('cut, is silence, on connections that were open and on new ones; mended, it hears those who ask anew', async () => {
    expect(await ask(5_000)).to.equal('here');
    link.cut();
    const silent = await ask(300).catch((error: unknown) => (error as Error).name);
    expect([silent, backend.hits()]).to.deep.equal(['TimeoutError', 1]);
    link.mend();
    // A connection from before may be used once more before its end is noticed.
    expect(await eventually(() => ask(5_000))).to.equal('here');
    expect(backend.hits()).to.equal(2);
  });
});
