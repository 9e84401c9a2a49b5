/** `notify:` and `heartbeat:` over their defaults. */
import * as defaults from './defaults.js';
import { finding } from './problems.js';
import type { HeartbeatConfig, NotifyConfig } from './policy.js';
import type { HeartbeatFile, NotifyFile } from './schema/notify.js';
import { secretOf, type Context } from './secrets.js';

export const notifyOf = (context: Context, file: NotifyFile = {}): NotifyConfig => {
  const seen = new Set<string>();
  const webhooks = (file.webhooks ?? []).map(({ name, url, secret, secret_file, headers, levels }, nth) => {
    const path = ['notify', 'webhooks', nth];
    if (seen.has(name))
      context.findings.push(
        finding([...path, 'name'], `two webhooks are called ${name}`, 'give each a name of its own'),
      );
    seen.add(name);
    return {
      name,
      url,
      secret: secretOf(context, path, 'secret', secret, secret_file),
      headers: headers ?? {},
      levels: levels ?? defaults.notify.levels,
    };
  });
  return { link: file.link ?? null, summaryMs: file.summary ?? defaults.notify.summaryMs, webhooks };
};

export const heartbeatOf = (context: Context, file: HeartbeatFile | undefined): HeartbeatConfig | null => {
  if (file === undefined) return null;
  const { url, every, method, secret, secret_file, headers } = file;
  return {
    url,
    everyMs: every ?? defaults.heartbeat.everyMs,
    method: method ?? defaults.heartbeat.method,
    secret: secretOf(context, ['heartbeat'], 'secret', secret, secret_file),
    headers: headers ?? {},
  };
};
