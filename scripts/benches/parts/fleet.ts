/**
 * The program that stands for everything around the engine: N instances that serve one prebuilt page each, and a Consul that
 * lists them. One process, one listening port; each instance has an address of its own in 127.0.0.0/8. Speaks with the bench
 * over its IPC channel.
 */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { addressOf, indexOf } from './addresses.js';
import { answerAsConsul } from './consul.js';
import { pageText } from './page.js';
import { fleetCommandSchema, type FleetCounts } from './fleet-protocol.js';

/** Different pages served at the same time; the instances share them. */
const kinds = 16;

const answerOf = (page: string, closes: boolean): Buffer => {
  const type = 'text/plain; version=0.0.4; charset=utf-8';
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(page)}\r\nDate: ${new Date().toUTCString()}\r\nConnection: ${closes ? 'close' : 'keep-alive'}\r\n\r\n`;
  return Buffer.from(head + page);
};

class Fleet {
  #answers: Buffer[] = [];
  #bytes = 0;
  #served = 0;
  #late = 0;
  readonly #last: Float64Array;

  constructor(
    readonly targets: number,
    private intervalMs: number,
    bytes: number,
    readonly closes: boolean,
  ) {
    this.#last = new Float64Array(targets);
    this.show(bytes);
    setInterval(() => this.#render(), 1_000).unref();
  }

  show(bytes: number): void {
    this.#bytes = bytes;
    this.#render();
  }

  /** Counts anew; what comes twice an interval after the one before, or later still, is late. */
  reset(intervalMs: number): void {
    this.intervalMs = intervalMs;
    this.#served = 0;
    this.#late = 0;
    this.#last.fill(0);
  }

  counts(): FleetCounts {
    return { served: this.#served, late: this.#late };
  }

  attend(socket: Socket): void {
    const index = indexOf(socket.localAddress);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    // A scrape's request is one small packet, and its end is the end of that.
    socket.on('data', (data: Buffer) => {
      if (data.at(-1) === 0x0a) this.#serve(index, socket);
    });
  }

  #serve(index: number, socket: Socket): void {
    const now = performance.now();
    const last = this.#last[index] ?? 0;
    if (last > 0 && now - last >= 2 * this.intervalMs) this.#late++;
    this.#last[index] = now;
    this.#served++;
    const answer = this.#answers[index % kinds] ?? '';
    if (this.closes) socket.end(answer);
    else socket.write(answer);
  }

  #render(): void {
    const second = Math.floor(Date.now() / 1000) % 1_000_000;
    this.#answers = Array.from({ length: kinds }, (_, kind) =>
      answerOf(pageText(kind, second, this.#bytes), this.closes),
    );
  }
}

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === 'object' && address !== null ? address.port : 0;

const main = async ([targets = 0, intervalMs = 0, bytes = 0, closes = 0]: readonly number[]): Promise<void> => {
  const fleet = new Fleet(targets, intervalMs, bytes, closes === 1);
  const pages = createServer((socket) => fleet.attend(socket));
  pages.listen({ port: 0, host: '0.0.0.0', backlog: 4_096 });
  await once(pages, 'listening');
  const port = portOf(pages.address());
  const instances = Array.from({ length: targets }, (_, index) => ({
    id: `bench-${index}`,
    address: addressOf(index),
  }));
  const consul = createHttpServer(answerAsConsul('bench', instances, port));
  consul.listen(0, '127.0.0.1');
  await once(consul, 'listening');
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    const command = fleetCommandSchema.parse(message);
    if (command.kind === 'show') fleet.show(command.bytes);
    if (command.kind === 'reset') fleet.reset(command.intervalMs);
    process.send?.(fleet.counts());
  });
  process.send?.({ port, consul: portOf(consul.address()) });
};

await main(process.argv.slice(2).map(Number));
