/** Configuration as a person reads it: which file, which version, and what changed. */
import { z } from 'zod';
import { formatProblem, type Problem } from '../../config/index.js';
import { problemSchema, serviceConfigSchema, versionSchema } from '../../config/wire.js';
import type { ConfigState, Reload, ServiceConfig, VersionLine } from '../../config/wire.js';
import { BallastError } from '../../lib/errors.js';
import type { View } from '../output.js';
import { clockTime } from '../words.js';

export const serviceConfigsView: View<ServiceConfig> = {
  columns: [
    { title: 'SERVICE', cell: ({ service }) => service },
    { title: 'FROM', cell: ({ origin }) => origin },
    {
      title: 'IN FORCE',
      cell: ({ inForce }) => (inForce ? 'yes' : 'no'),
      colour: ({ inForce }) => (inForce ? 'green' : 'red'),
    },
    { title: 'VERSION', cell: ({ version }) => String(version ?? '-'), align: 'right' },
    { title: 'OWNER', cell: ({ owner }) => owner ?? '-' },
    { title: 'FILE', cell: ({ file }) => file ?? '-' },
    { title: 'POLICY', cell: ({ policy }) => policy?.slice(0, 12) ?? '-', wide: true },
  ],
  name: ({ service }) => service,
  encode: (row) => z.encode(serviceConfigSchema, row),
  empty: 'no service is configured',
};

export const versionsView = (now: number): View<VersionLine> => ({
  columns: [
    { title: 'VERSION', cell: ({ version }) => String(version), align: 'right' },
    { title: 'SINCE', cell: ({ at }) => clockTime(at, now) },
    { title: 'AUTHOR', cell: ({ author }) => author },
    { title: 'WHAT', cell: ({ removed }) => (removed ? 'removed' : 'text') },
    { title: 'HASH', cell: ({ hash }) => hash.slice(0, 12) },
    { title: 'REASON', cell: ({ reason }) => reason ?? '-' },
  ],
  name: ({ version }) => String(version),
  encode: (row) => z.encode(versionSchema, row),
  empty: 'nothing of it was ever in force here',
});

const named = (what: string, names: readonly string[]): readonly string[] =>
  names.length === 0 ? [] : [`${what} ${names.join(', ')}`];

/** `added users; changed orders`, or that nothing is otherwise. */
export const changesText = ({ added, changed, removed }: Reload['changes']): string =>
  [...named('added', added), ...named('changed', changed), ...named('removed', removed)].join('; ') ||
  'nothing is otherwise than before';

const refused = z.object({ problems: z.array(problemSchema) });

/** The problems that an answer of ours lists; none where it is about something else. */
export const problemsIn = (error: unknown): readonly Problem[] => {
  const parsed = error instanceof BallastError ? refused.safeParse(error.details) : null;
  return parsed?.success ? parsed.data.problems : [];
};

/** What is wrong with what a service has in force; nothing while all is well. */
export const stateLines = (
  part: string,
  { ok, problems, goodAt, needsRestart }: ConfigState,
  now: number,
): string[] => {
  const [first] = problems;
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : '';
  return [
    ...(ok || !first
      ? []
      : [
          `Configuration: the ${part} refuses what lies on disk; in force is that of ${clockTime(goodAt, now)}: ${formatProblem(first)}${more}`,
        ]),
    ...(needsRestart.length === 0
      ? []
      : [`Configuration: the ${part} needs a restart for ${needsRestart.join(', ')} of ballast.yaml`]),
  ];
};
