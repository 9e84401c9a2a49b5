/**
 * What one decision costs: the real `decide` over 500 services of 20 instances, with scores that the real pipeline made of a
 * simulated fleet. One service in ten has a sick instance, so that guardrails are asked. CPU is the process's, with
 * garbage collection; medians over the passes, each on a world of its own time.
 */
import { loadService } from '../../config/load.js';
import { formatProblem } from '../../config/problems.js';
import type { InstanceId, ServicePolicy } from '../../config/index.js';
import { SimService } from '../../cli/simulate/service.js';
import { well } from '../../cli/simulate/process.js';
import { decide } from '../../scheduler/decide.js';
import type { Memory, RuntimeFact, World } from '../../scheduler/model.js';
import { print } from './parts/print.js';
import { noControls } from '../../scheduler/client/index.js';
import { commandLine } from '../../lib/command-line.js';

const usage = 'scripts/bench decide [--json] [--short] [--services 500] [--instances 20] [--passes 30]';
const values = commandLine(usage, {
  options: {
    ...{ json: { type: 'boolean' }, short: { type: 'boolean' } },
    ...{ services: { type: 'string' }, instances: { type: 'string' }, passes: { type: 'string' } },
  },
});

const start = 1_700_000_000_000;
const stepMs = 5_000;
/** The first decisions of a new leader are not the usual ones: evaluations, then decisions, until all is settled. */
const warmUp = 12;

const policyOf = (name: string): ServicePolicy => {
  const file = `service: ${name}\npreset: node\ntraffic: {upstream: ${name}}\nruntime: {docker: {}}\nheal: {mode: act}\n`;
  const metrics = 'metrics: {error_ratio: {ratio: {bad: bad, total: all}, good: 1%, critical: 10%, cap: 20}}\n';
  const { value, problems } = loadService(`${name}.yaml`, file.replace('preset: node\n', metrics), new Map(), {
    env: {},
  });
  if (value === null) throw new Error(problems.map(formatProblem).join('\n'));
  return value;
};

class Bench {
  private now = start;
  private memory: Memory = { services: new Map() };
  private readonly services: readonly SimService[];

  constructor(services: number, instances: number) {
    this.services = Array.from(
      { length: services },
      (_, nth) => new SimService(policyOf(`s${nth}`), instances, 200, 1, 8_000 + nth * instances, start),
    );
  }

  /** One interval: requests, evaluation, decision. CPU of the decision alone, in milliseconds. */
  pass(): number {
    this.now += stepMs;
    for (const [nth, service] of this.services.entries()) this.live(service, nth % 10 === 0);
    const world = this.world();
    const before = process.cpuUsage();
    const decision = decide(world, this.memory, { maxActions: 10, maxConcurrent: 1 }, this.now);
    const { user, system } = process.cpuUsage(before);
    this.memory = decision.memory;
    return (user + system) / 1_000;
  }

  private live(service: SimService, isSick: boolean): void {
    for (const [nth, each] of [...service.processes.values()].entries()) {
      const fails = isSick && nth === 0;
      each.condition = fails ? { ...well, errors: 0.5 } : well;
      each.serve(100, fails ? 50 : 0);
    }
    service.discover(false, this.now);
    service.evaluate({}, this.now);
  }

  private world(): World {
    const scores = { received: true, ageMs: 0, engineNow: this.now, ready: true };
    return {
      services: this.services.map(({ policy, discovered, scores: instances }) => ({
        policy,
        catalog: discovered,
        scores: { ...scores, instances },
        ledger: { token: 0, open: [], closed: [] },
        runtime: new Map<InstanceId, RuntimeFact>(),
      })),
      lead: { held: true, token: 7, heldSince: 0, confirmedAgoMs: 500, why: 'held' },
      gateway: null,
      controls: noControls,
      stepResults: new Map(),
    };
  }
}

const median = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
const round = (value: number): number => Math.round(value * 10) / 10;

const services = Number(values.services ?? (values.short ? 50 : 500));
const instances = Number(values.instances ?? 20);
const passes = Number(values.passes ?? (values.short ? 10 : 30));
const bench = new Bench(services, instances);
for (let i = 0; i < warmUp; i++) bench.pass();
const times = Array.from({ length: passes }, () => bench.pass()).sort((a, b) => a - b);
const row = {
  services,
  instances: services * instances,
  passes,
  cpuMsMedian: round(median(times)),
  cpuMsMax: round(times.at(-1) ?? 0),
};
print([row], values.json ?? false);
