/**
 * Starts and stops single instances of the fleet on `exec`; what Ballast calls to restart one.
 *   node fleetctl.js --state FOLDER start|stop|restart|kill INSTANCE
 */
import { parseArgs } from 'node:util';
import { killMember, startMember, stopMember } from './process.js';
import { readRoster } from './roster.js';

const usage = 'usage: fleetctl --state FOLDER start|stop|restart|kill INSTANCE\n';

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({ options: { state: { type: 'string' } }, allowPositionals: true });
  const { state } = values;
  const [verb, id] = positionals;
  if (!state || !verb || !id || positionals.length > 2) {
    process.stderr.write(usage);
    process.exit(64);
  }
  const roster = await readRoster(state);
  const member = roster.members.find((one) => one.id === id);
  if (!member) throw new Error(`no instance ${id}; there are ${roster.members.map((one) => one.id).join(', ')}`);
  if (verb === 'start') await startMember(state, roster, member);
  else if (verb === 'stop') await stopMember(state, id);
  else if (verb === 'kill') killMember(state, id);
  else if (verb === 'restart') {
    await stopMember(state, id);
    await startMember(state, roster, member);
  } else throw new Error(`no such verb: ${verb}`);
};

try {
  await main();
} catch (error) {
  process.stderr.write(`fleetctl: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
