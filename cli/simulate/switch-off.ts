/** What each guardrail is good for: the rule that breaks when it alone is switched off. */
import { type ReasonCode, reasonCodes, reasons } from '../../scheduler/client/index.js';
import { biasOf } from './biases.js';
import type { DayResult } from './day.js';
import type { Played } from './play.js';
import { runDays, type Task } from './run.js';
import { subsumed } from './subsumed.js';

export const guardrailCodes: readonly ReasonCode[] = reasonCodes.filter((code) => reasons[code].kind === 'refuses');

export interface Missed {
  readonly guardrail: string;
  /** The rule that broke first; null: none did. */
  readonly rule: string | null;
  /** The seed of the day on which it broke. */
  readonly seed: number | null;
  /** Days that were played without it until then. */
  readonly days: number;
  /** Days, of those with all guardrails, on which it refused; and those on which it once refused alone. */
  readonly stood: number;
  readonly alone: number;
  /** Chance alone did not show it: played on days that are about it. */
  readonly biased: boolean;
  /** What else stands in the way, where no rule broke. */
  readonly because: string | null;
}

const isBroken = ({ violations }: DayResult): boolean => violations.length > 0;

/** Where others refused whenever it did, it seldom makes a difference: so many of such days are played. */
const amongOthers = 3;

/** Days on which a guardrail never refused are the same without it: they are not played. */
const without = async (guardrail: string, tasks: readonly Task[], usual: readonly Played[]): Promise<Missed> => {
  const stood = usual.filter((day) => day.refusals[guardrail] !== undefined && !isBroken(day));
  const isAlone = (day: Played): boolean => day.refusals[guardrail] === 'alone';
  const inOrder = [...stood.filter(isAlone), ...stood.filter((day) => !isAlone(day)).slice(0, amongOthers)];
  const off = inOrder.flatMap(({ seed }) => {
    const task = tasks.find((one) => one.seed === seed);
    return task ? [{ ...task, without: guardrail, noting: false, untilBroken: true }] : [];
  });
  const results = await runDays(off, undefined, isBroken);
  const first = results.find(isBroken);
  return {
    ...{ guardrail, rule: first?.violations[0]?.rule ?? null, seed: first?.seed ?? null, days: results.length },
    ...{ stood: stood.length, alone: stood.filter(isAlone).length, biased: false, because: null },
  };
};

interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly json: boolean;
  /** Only these; none: all. */
  readonly only: readonly string[];
}

/** One guardrail: by chance, else on days that are about it. */
const missedOf = async (guardrail: string, tasks: readonly Task[], usual: readonly Played[]): Promise<Missed> => {
  const byChance = await without(guardrail, tasks, usual);
  if (byChance.rule !== null) return byChance;
  const because = subsumed[guardrail] ?? null;
  if (biasOf(guardrail) === null) return { ...byChance, because };
  const biased = tasks.map((task) => ({ ...task, bias: guardrail }));
  const found = await without(guardrail, biased, await runDays(biased));
  return { ...found, biased: true, days: byChance.days + found.days, because: found.rule === null ? because : null };
};

/** True: each was caught, or it is known why not. */
export const switchOff = async (
  seeds: readonly number[],
  taskOf: (seed: number) => Task,
  { out, err, json, only }: Io,
): Promise<boolean> => {
  const tasks = seeds.map((seed) => ({ ...taskOf(seed), noting: true }));
  const usual = await runDays(tasks);
  for (const { seed, violations } of usual)
    for (const { rule, text } of violations.slice(0, 1)) err(`seed ${seed}, all guardrails on: ${rule}: ${text}`);
  const rows: Missed[] = [];
  for (const guardrail of guardrailCodes.filter((code) => only.length === 0 || only.includes(code))) {
    const row = await missedOf(guardrail, tasks, usual);
    rows.push(row);
    err(`${guardrail}: ${row.rule ?? row.because ?? 'NO RULE BROKE'} (${row.days} days)`);
  }
  for (const row of rows) out(json ? JSON.stringify(row) : textOf(row));
  return rows.every(({ rule, because }) => rule !== null || because !== null);
};

const textOf = ({ guardrail, rule, seed, days, stood, alone, biased, because }: Missed): string =>
  [
    guardrail.padEnd(20),
    `${String(stood).padStart(3)} ${String(alone).padStart(3)} ${String(days).padStart(3)}${biased ? '*' : ' '}`,
    rule === null ? `- (${because ?? 'no rule broke'})` : `${rule} (seed ${seed})`,
  ].join('  ');
