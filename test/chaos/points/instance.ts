/**
 * `node instance.js ID PORT PIDFILE ORIGIN SPEED`: the smallest instance that can be healed. It says of itself what it is
 * told to: `POST /fault` makes it sick until it is restarted, or told `/cure`. It needs nothing but Node, so that it starts at once.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [id = '', port = '', pidFile = '', origin = '0', speed = '1'] = process.argv.slice(2);
const startedAt = (Number(origin) + (Date.now() - Number(origin)) * Number(speed)) / 1000;
let sick = 0;
let served = 0;

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
  if (request.url === '/fault' || request.url === '/cure') sick = request.url === '/fault' ? 1 : 0;
  else served += 1;
  response.end(`${id} ${process.pid} ${startedAt}\n`);
});
server.listen(Number(port), '127.0.0.1', () => {
  if (pidFile) writeFileSync(pidFile, `${process.pid}\n`);
});
process.on('SIGTERM', () => process.exit(0));
