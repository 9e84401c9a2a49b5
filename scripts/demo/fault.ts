/** Breaks one instance of the running demo, or mends it: finds its address through the scheduler, and tells it. */
import { z } from 'zod';
import { messageOf } from '../../lib/errors.js';
import { createClient } from '../../lib/http/client.js';
import { instanceViewSchema } from '../../scheduler/client/index.js';
import { faultNames, faultWords } from './faults.js';
import { setFault } from './story/watcher.js';

const usage = `usage: scripts/demo/fault INSTANCE FAULT
  faults:
${faultNames.map((name) => `    ${name.padEnd(8)} ${faultWords[name]}`).join('\n')}
    none     take the fault away again
  BALLAST_SCHEDULER_URL names the scheduler, http://127.0.0.1:7071 unless set
`;

const schedulerUrl = process.env['BALLAST_SCHEDULER_URL'] ?? 'http://127.0.0.1:7071';
const listSchema = z.object({ instances: z.array(instanceViewSchema) });

const main = async ([instance, fault]: readonly string[]): Promise<number> => {
  if (instance === undefined || fault === undefined || !['none', ...faultNames].includes(fault)) {
    process.stderr.write(usage);
    return 64;
  }
  const scheduler = createClient({ baseUrl: schedulerUrl, timeoutMs: 5_000 });
  const { instances } = (await scheduler.get('/v1/instances', listSchema)).value;
  const found = instances.find((candidate) => candidate.instance === instance);
  if (!found) {
    const names = instances.map((candidate) => candidate.instance).join(', ');
    process.stderr.write(`there is no ${instance} in the demo; there are ${names}\n`);
    return 1;
  }
  await setFault({ host: found.address, port: found.port }, fault);
  process.stdout.write(`${instance}: ${fault === 'none' ? 'well again' : fault}\n`);
  return 0;
};

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${messageOf(error)}\nis the demo up? scripts/up starts it\n`);
  process.exitCode = 1;
}
