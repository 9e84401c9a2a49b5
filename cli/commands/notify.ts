/** `ballast notify list` and `ballast notify test`. */
import { stringify } from 'yaml';
import { z } from 'zod';
import { notificationsSchema } from '../../scheduler/client/index.js';
import { exit, type ExitCode } from '../exit.js';
import { jsonText } from '../output.js';
import { episodesTable, heartbeatLine, webhooksTable } from '../views/notify.js';
import type { Context } from './context.js';

export const listNotifications = async (
  { api, io, paint }: Context,
  output: 'table' | 'json' | 'yaml',
): Promise<ExitCode> => {
  const found = await api.notifications();
  if (output !== 'table') {
    const wire = z.encode(notificationsSchema, found);
    io.out(output === 'json' ? jsonText(wire) : stringify(wire));
    return exit.fine;
  }
  const now = io.clock.now();
  if (found.webhooks.length === 0) io.err('no webhook is configured: ballast.yaml names them under notify.webhooks\n');
  else io.out(webhooksTable(found.webhooks, now, paint));
  io.out(`${heartbeatLine(found.heartbeat, now)}\n`);
  if (found.episodes.length > 0) io.out(`\n${episodesTable(found.episodes, now, paint)}`);
  if (found.gathered.length > 0)
    io.out(`\nfor the next summary:\n${found.gathered.map((one) => `  ${one}\n`).join('')}`);
  return exit.fine;
};

export const testNotification = async ({ api, io }: Context, name: string | undefined): Promise<ExitCode> => {
  const { results } = await api.testNotification(name);
  for (const { webhook, ok, text } of results) io.out(`${webhook}: ${ok ? text : `not delivered: ${text}`}\n`);
  return results.every(({ ok }) => ok) ? exit.fine : exit.failed;
};
