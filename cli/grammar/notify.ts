/** `ballast notify`: who is told, and whether it arrives. */
import { listNotifications, testNotification } from '../commands/notify.js';
import { formatOption, groupOf, type Ground } from './options.js';

export const addNotify = ({ program, context, finish }: Ground): void => {
  const notify = groupOf(program, 'notify', 'who is told, and whether it arrives');
  notify
    .command('list')
    .description('webhooks, the heartbeat, and the troubles that last now')
    .addOption(formatOption(['table', 'json', 'yaml'], 'table'))
    .action(async ({ output }: { output: 'table' | 'json' | 'yaml' }) =>
      finish(await listNotifications(context(), output)),
    );
  notify
    .command('test')
    .description('sends a test message at once; 1 when one is not delivered')
    .argument('[name]', 'of a webhook; all unless given')
    .action(async (name: string | undefined) => finish(await testNotification(context(), name)));
};
