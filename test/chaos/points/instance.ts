/**
 * `node instance.js ID PORT PIDFILE ORIGIN SPEED [CONSUL]`: the smallest instance that can be healed. It says of itself what
 * it is told to: `POST /fault` makes it sick until it is restarted, told `/cure`, or asked to `/mend` itself, which it counts.
 * With the address of a Consul it registers itself there, at the address that it has. It needs nothing but Node, so that it
 * starts at once.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

const [id = '', port = '', pidFile = '', origin = '0', speed = '1', consul = ''] = process.argv.slice(2);
const startedAt = (Number(origin) + (Date.now() - Number(origin)) * Number(speed)) / 1000;
let sick = 0;
let served = 0;
let asked = 0;

const page = (): string =>
  [
    `sick ${sick}`,
    `requests_total ${served}`,
    'requests_in_flight 0',
    `process_start_time_seconds ${startedAt}`,
    '',
  ].join('\n');

const server = createServer((request, response) => {
  if (request.url === '/metrics')
    return void response.setHeader('Content-Type', 'text/plain; version=0.0.4').end(page());
  if (request.url === '/asked') return void response.end(`${asked}\n`);
  if (request.url === '/mend') asked += 1;
  if (request.url === '/fault' || request.url === '/cure' || request.url === '/mend')
    sick = request.url === '/fault' ? 1 : 0;
  else served += 1;
  response.end(`${id} ${process.pid} ${startedAt}\n`);
});

const ownAddress = (): string =>
  Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';

/** `orders-2` is of the service `orders`. */
const register = async (): Promise<void> => {
  const body = JSON.stringify({ ID: id, Name: id.replace(/-\d+$/, ''), Address: ownAddress(), Port: Number(port) });
  for (;;) {
    const answer = await fetch(`${consul}/v1/agent/service/register`, { method: 'PUT', body }).catch(() => null);
    if (answer?.ok) return;
    await delay(50);
  }
};

server.listen(Number(port), consul ? '0.0.0.0' : '127.0.0.1', () => {
  if (pidFile) writeFileSync(pidFile, `${process.pid}\n`);
  if (consul) void register();
});
process.on('SIGTERM', () => process.exit(0));
