/** What each guardrail is good for: the rule that breaks when it is switched off, alone or with what stands behind it. */
import { type ReasonCode, reasonCodes, reasons } from '../../scheduler/client/index.js';
import { biasOf } from './biases.js';
import type { DayResult } from './day.js';
import { type Pair, pairs } from './pairs.js';
import type { Played } from './play.js';
import { runDays, type Task } from './run.js';

export const guardrailCodes: readonly ReasonCode[] = reasonCodes.filter((code) => reasons[code].kind === 'refuses');

export interface Missed {
  readonly guardrail: ReasonCode;
  /** What was off with it, in the control too. */
  readonly behind: readonly ReasonCode[];
  /** The rule that broke first; null: none did. */
  readonly rule: string | null;
  /** The seed of the day on which it broke. */
  readonly seed: number | null;
  /** Days that were played without it until then. */
  readonly days: number;
  /** Days, of those with it, on which it refused; and those on which it once refused alone. */
  readonly stood: number;
  readonly alone: number;
  /** Chance alone did not show it: played on days that are about it. */
  readonly biased: boolean;
}

const isBroken = ({ violations }: DayResult): boolean => violations.length > 0;

const breaks =
  (rule: string) =>
  ({ violations }: DayResult): boolean =>
    violations.some((one) => one.rule === rule);

/** Where others refused whenever it did, it seldom makes a difference: so many of such days are played. */
const amongOthers = 3;

/** The days of those on which it refused; where it did so alone first. On the others nothing differs without it. */
const daysOf = (guardrail: string, tasks: readonly Task[], usual: readonly Played[]) => {
  const stood = usual.filter((day) => day.refusals[guardrail] !== undefined);
  const isAlone = (day: Played): boolean => day.refusals[guardrail] === 'alone';
  const inOrder = [...stood.filter(isAlone), ...stood.filter((day) => !isAlone(day)).slice(0, amongOthers)];
  const played = inOrder.flatMap(({ seed }) => tasks.find((one) => one.seed === seed) ?? []);
  return { stood: stood.length, alone: stood.filter(isAlone).length, played };
};

const alone = async (
  guardrail: ReasonCode,
  tasks: readonly Task[],
  usual: readonly Played[],
  biased: boolean,
): Promise<Missed> => {
  const well = usual.filter((day) => !isBroken(day));
  const { played, ...counts } = daysOf(guardrail, tasks, well);
  const off = played.map((task) => ({ ...task, without: [guardrail], noting: false, untilBroken: true }));
  const results = await runDays(off, undefined, isBroken);
  const first = results.find(isBroken);
  const found = { rule: first?.violations[0]?.rule ?? null, seed: first?.seed ?? null, days: results.length };
  return { guardrail, behind: [], ...found, ...counts, biased };
};

/**
 * On days that are about it, three times: with what stands behind it off, with it alone off, and with both. It carries the
 * load if only the third breaks the rule.
 */
const paired = async (
  guardrail: ReasonCode,
  { behind, rule }: Pair,
  tasks: readonly Task[],
  err: (text: string) => void,
): Promise<Missed> => {
  const hasBroken = breaks(rule);
  const controls = tasks.map((task) => ({ ...task, bias: guardrail, without: behind }));
  const usual = await runDays(controls);
  for (const { seed } of usual.filter(hasBroken)) err(`seed ${seed}: without ${behind.join(', ')} alone: ${rule}`);
  const { played, ...counts } = daysOf(guardrail, controls, usual);
  const off = played.map((task) => ({
    ...{ ...task, without: [guardrail, ...behind], noting: false, untilBroken: rule },
  }));
  const results = await runDays(off, undefined, hasBroken);
  const first = results.find(hasBroken);
  const lone = played
    .filter(({ seed }) => results.some((result) => result.seed === seed))
    .map((task) => ({ ...task, without: [guardrail], noting: false, untilBroken: true }));
  for (const { seed } of (await runDays(lone)).filter(isBroken)) err(`seed ${seed}: breaks without ${guardrail} alone`);
  const isShown = first !== undefined && !usual.some(hasBroken);
  const found = { rule: isShown ? rule : null, seed: isShown ? first.seed : null, days: results.length };
  return { guardrail, behind, ...found, ...counts, biased: true };
};

interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly json: boolean;
  /** Only these; none: all. */
  readonly only: readonly string[];
}

/** True: each was caught. */
export const switchOff = async (
  seeds: readonly number[],
  taskOf: (seed: number) => Task,
  { out, err, json, only }: Io,
): Promise<boolean> => {
  const tasks = seeds.map((seed) => ({ ...taskOf(seed), noting: true }));
  let usual: readonly Played[] | null = null;
  const byChance = async (): Promise<readonly Played[]> => {
    const played = await runDays(tasks);
    for (const { seed, violations } of played)
      for (const { rule, text } of violations.slice(0, 1)) err(`seed ${seed}, all guardrails on: ${rule}: ${text}`);
    return played;
  };
  /** One guardrail: in its pair; else by chance; else on days that are about it. */
  const missedOf = async (guardrail: ReasonCode): Promise<Missed> => {
    const pair = pairs[guardrail];
    if (pair) return paired(guardrail, pair, tasks, err);
    usual ??= await byChance();
    const found = await alone(guardrail, tasks, usual, false);
    if (found.rule !== null || biasOf(guardrail) === null) return found;
    const biased = tasks.map((task) => ({ ...task, bias: guardrail }));
    const again = await alone(guardrail, biased, await runDays(biased), true);
    return { ...again, days: found.days + again.days };
  };
  const rows: Missed[] = [];
  for (const guardrail of guardrailCodes.filter((code) => only.length === 0 || only.includes(code))) {
    const row = await missedOf(guardrail);
    rows.push(row);
    err(`${guardrail}: ${row.rule ?? 'NO RULE BROKE'} (${row.days} days)`);
  }
  for (const row of rows) out(json ? JSON.stringify(row) : textOf(row));
  return rows.every(({ rule }) => rule !== null);
};

const textOf = ({ guardrail, behind, rule, seed, days, stood, alone, biased }: Missed): string =>
  [
    guardrail.padEnd(20),
    `${String(stood).padStart(3)} ${String(alone).padStart(3)} ${String(days).padStart(3)}${biased ? '*' : ' '}`,
    rule === null ? '- (no rule broke)' : `${rule} (seed ${seed})`,
    ...(behind.length > 0 ? [`with ${behind.join(', ')} off too; without these alone it holds`] : []),
  ].join('  ');
