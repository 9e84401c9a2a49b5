/** `ballast config apply --dry-run`: each instance before and after the edit, and the last hour judged again. */
import type { DryRun } from '../../engine/client/index.js';
import { zoneText, type Paint } from '../paint.js';
import { table, type Column } from '../table.js';
import { score } from '../words.js';
import { replayText } from './replay.js';

type Row = DryRun['now']['instances'][number];
type Standing = Row['before'];

const pair =
  (of: (standing: Standing) => string) =>
  ({ before, after }: Row): string => {
    const [one, other] = [of(before), of(after)];
    return one === other ? one : `${one} -> ${other}`;
  };

const columns: readonly Column<Row>[] = [
  { title: 'INSTANCE', cell: ({ instance }) => instance },
  { title: 'ZONE', cell: pair(({ zone }) => zoneText(zone)) },
  { title: 'SCORE', cell: pair((standing) => score(standing.score)) },
  { title: 'WEIGHT', cell: pair(({ weight }) => (weight === null ? 'as it is' : String(weight))) },
  { title: 'WHY', cell: ({ why }) => why },
];

/** Those that differ come first. */
export const dryRunText = ({ now, history }: DryRun, paint: Paint, at: number): string =>
  [
    now.instances.length === 0
      ? 'Now: nothing is known of its instances.\n'
      : `Now:\n${table(columns, now.instances, paint)}`,
    ...(now.notRead.length === 0 ? [] : [`Not read yet, so not judged here: ${now.notRead.join(', ')}.\n`]),
    'refused' in history
      ? `The last hour: history cannot answer: ${history.refused}\n`
      : `The last hour:\n${replayText(history, paint, at)}`,
  ].join('\n');
