/** What each guardrail is good for: the rule that breaks when it alone is switched off. */
import { type ReasonCode, reasonCodes, reasons } from '../../scheduler/client/index.js';
import type { DayResult } from './day.js';
import { runDays, type Task } from './run.js';

const guardrailCodes: readonly ReasonCode[] = reasonCodes.filter((code) => reasons[code].kind === 'refuses');

export interface Missed {
  readonly guardrail: string;
  /** The rule that broke first; null: none did. */
  readonly rule: string | null;
  /** Days that were played until then. */
  readonly days: number;
  /** Restarts for nothing, in those days, beyond what happens with all guardrails. */
  readonly wrongHeals: number;
}

/** Of a guardrail that no rule misses, another stands in the way; that is told too. */
export const missedOf = async (
  guardrail: string,
  seeds: readonly number[],
  taskOf: (seed: number) => Task,
  usual: ReadonlyMap<number, DayResult>,
): Promise<Missed> => {
  const isCaught = ({ violations }: DayResult): boolean => violations.length > 0;
  const results = await runDays(
    seeds.map((seed) => ({ ...taskOf(seed), without: guardrail })),
    undefined,
    isCaught,
  );
  const first = results.find(isCaught);
  const wrongHeals = results.reduce((sum, one) => sum + one.wrongHeals - (usual.get(one.seed)?.wrongHeals ?? 0), 0);
  return { guardrail, rule: first?.violations[0]?.rule ?? null, days: results.length, wrongHeals };
};

interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly json: boolean;
}

export const switchOff = async (
  seeds: readonly number[],
  taskOf: (seed: number) => Task,
  { out, err, json }: Io,
): Promise<boolean> => {
  const usual = new Map((await runDays(seeds.map(taskOf))).map((result) => [result.seed, result]));
  const rows: Missed[] = [];
  for (const guardrail of guardrailCodes) {
    const row = await missedOf(guardrail, seeds, taskOf, usual);
    rows.push(row);
    err(`${guardrail}: ${row.rule ?? 'no rule broke'} (${row.days} days)`);
  }
  if (json) for (const row of rows) out(JSON.stringify(row));
  else
    for (const { guardrail, rule, days, wrongHeals } of rows)
      out(
        `${guardrail.padEnd(20)} ${String(days).padStart(4)}  ${wrongHeals > 0 ? `+${wrongHeals} wrong` : ''.padEnd(8)}  ${rule ?? '-'}`,
      );
  return rows.some(({ rule }) => rule !== null);
};
