/** What of an instance is not judged now, why, since when, and what that does to its score: a line for each reason. */
import { formatDuration } from '../config/units.js';
import { absenceWords } from './client/index.js';
import type { Judgement } from './model.js';

interface Note {
  /** What is alike is told together. */
  readonly text: string;
  readonly rank: number;
}

const lasting = ({ since }: Judgement, now: number): string =>
  since === null ? '' : ` for ${formatDuration(Math.max(0, now - since))}`;

const noteOf = (judgement: Judgement, now: number): Note | null => {
  const { status, absence, penalty, metric } = judgement;
  if (status === 'judged') return null;
  const time = lasting(judgement, now);
  if (absence === null) return { rank: 1, text: `held as last judged${time}, while out of rotation` };
  const reason = `${absenceWords[absence]}${time}`;
  if (status === 'held' && metric.noData.kind === 'hold')
    return { rank: 1, text: `${reason}; held as last judged, for ${formatDuration(metric.noData.forMs)} at most` };
  if (absence === 'never-exposed') return { rank: 4, text: `not once on the page${time}; not counted` };
  if (metric.dryRun) return { rank: 3, text: penalty === 1 ? `${reason}; would count as critical` : reason };
  if (absence === 'too-little-traffic') return { rank: 3, text: `${reason}; counted as good` };
  return penalty === null
    ? { rank: 2, text: `${reason}; not counted, lowers the coverage` }
    : { rank: 0, text: `${reason}; counted as critical` };
};

/** What costs points first, what was never there last. */
export const notesOf = (judgements: readonly Judgement[], now: number): string[] => {
  const names = new Map<string, string[]>();
  const ranks = new Map<string, number>();
  for (const judgement of judgements) {
    const note = noteOf(judgement, now);
    if (note === null) continue;
    const { dryRun } = judgement.metric;
    names.set(note.text, [...(names.get(note.text) ?? []), dryRun ? `${judgement.name} (dry run)` : judgement.name]);
    ranks.set(note.text, note.rank);
  }
  return [...names]
    .sort(([a], [b]) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0))
    .map(([text, of]) => `${of.join(', ')}: ${text}.`);
};
