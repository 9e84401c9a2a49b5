/** What a person who just started the demo wants to know: where things are, and what to try. */
import type { Environment } from './demo/environment/index.js';
import { faultNames, faultWords } from './demo/faults.js';

const defaults = { engine: 'http://127.0.0.1:7070', scheduler: 'http://127.0.0.1:7071' };

export const guide = ({
  members,
  fleet,
  gatewayUrl,
  engineUrl,
  schedulerUrl,
  consulUrl,
  configuration,
}: Environment): string => {
  const example = members.find(({ id }) => id === 'orders-2');
  if (!example) throw new Error('the demo fleet has no orders-2');
  const scheduler = schedulerUrl === defaults.scheduler ? '' : `BALLAST_SCHEDULER_URL=${schedulerUrl} `;
  const fault = (name: string): string => `${scheduler}scripts/demo/fault ${example.id} ${name}`;
  const where = [
    engineUrl === defaults.engine ? '' : ` --engine ${engineUrl}`,
    schedulerUrl === defaults.scheduler ? '' : ` --scheduler ${schedulerUrl}`,
  ].join('');
  const services = [...new Set(members.map(({ service }) => service))];
  return `
Ballast is up: ${services.join(', ')}, three instances each, at 200 requests a second.

  through NGINX   ${services.map((service) => `${gatewayUrl}/${service}/`).join('  ')}
  scores          ${engineUrl}/v1/scores
  instances       ${schedulerUrl}/v1/instances
  plan, journal   ${schedulerUrl}/v1/plan  ${schedulerUrl}/v1/journal
  Consul          ${consulUrl}/ui
  configuration   ${configuration}

Look:
  npx ballast status${where}
  npx ballast explain ${example.id}${where}
  npx ballast plan${where}

Break ${example.id}, and look again (red within 4 s, out of rotation within 5 s, restarted, back at full weight after a minute):
${faultNames.map((name) => `  ${fault(name).padEnd(40 + scheduler.length)} # ${faultWords[name]}`).join('\n')}
  ${fleet.killCommand(example.id)}    # kill it

Take the fault away again:
  ${fault('none')}

Ctrl-C ends everything that was started here.
`;
};
