import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Children } from '../../../scripts/demo/environment/children.js';

const saying = (words: string) => ['-e', `console.error(${JSON.stringify(words)}); process.exit(3)`];

describe('the programs of a demo', () => {
  let state = '';
  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), 'ballast-children-'));
  });
  afterEach(() => rm(state, { recursive: true, force: true }));

  it('one that ends by itself is told of with its status and what it said last', async () => {
    const told = await new Promise<string>((resolve) => {
      const children = new Children(state, resolve);
      children.start({ name: 'engine', binary: process.execPath, arguments: saying('the port is taken') });
    });
    expect(told).to.include('engine ended by itself (exit 3)');
    expect(told).to.include(join(state, 'engine.log'));
    expect(told).to.match(/\nthe port is taken$/);
  });

  it('one that is stopped is no surprise', async () => {
    const told: string[] = [];
    const children = new Children(state, (text) => told.push(text));
    children.start({ name: 'idle', binary: process.execPath, arguments: ['-e', 'setInterval(() => {}, 1000)'] });
    await children.stopAll();
    expect(told).to.deep.equal([]);
  });
});
