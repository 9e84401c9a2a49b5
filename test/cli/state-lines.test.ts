import { expect } from 'chai';
import { stateLines } from '../../cli/views/config.js';
import type { ConfigState } from '../../config/wire.js';

const now = new Date(2030, 0, 1, 12, 0, 0).getTime();
const problem = {
  file: 'services/orders.yaml',
  line: 3,
  column: 1,
  path: 'heel',
  message: 'unknown key "heel"',
  hint: null,
};
const state = (change: Partial<ConfigState> = {}): ConfigState => ({
  ...{ directory: 'config', ok: true, goodAt: now, last: { at: now, trigger: 'file' }, services: [] },
  ...{ needsRestart: [], problems: [], warnings: [] },
  ...change,
});

describe("what status says of a service's configuration", () => {
  it('is nothing while all is well', () => {
    expect(stateLines('engine', state(), now)).to.deep.equal([]);
  });

  it('names the first problem, how many there are, and since when the last good one holds', () => {
    expect(stateLines('engine', state({ ok: false, problems: [problem, problem] }), now)).to.deep.equal([
      'Configuration: the engine refuses what lies on disk; in force is that of 12:00:00: services/orders.yaml:3:1: heel: unknown key "heel", and 1 more',
    ]);
  });

  it('names what needs a restart', () => {
    expect(stateLines('scheduler', state({ needsRestart: ['consul.url', 'gateway'] }), now)).to.deep.equal([
      'Configuration: the scheduler needs a restart for consul.url, gateway of ballast.yaml',
    ]);
  });
});
