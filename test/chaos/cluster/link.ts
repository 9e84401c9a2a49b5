import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * The network between one client and one server, over the loopback. Cut, it is as if every packet were lost: connections
 * stay open, new ones are taken, and nothing comes through in either direction.
 */
export class Link {
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    private readonly to: number,
  ) {
    server.on('connection', (near) => this.join(near));
  }

  static async to(port: number): Promise<Link> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Link(server, port);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.isCut = true;
    for (const [near, far] of this.pairs) for (const socket of [near, far]) socket.unpipe().pause();
  }

  /** What was under way is lost; whoever asks anew is heard. */
  mend(): void {
    this.isCut = false;
    this.drop();
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.drop();
    await closed;
  }

  private join(near: Socket): void {
    const far = connect(this.to, '127.0.0.1');
    const pair = [near, far] as const;
    this.pairs.add(pair);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.once('close', () => {
        this.pairs.delete(pair);
        for (const each of pair) each.destroy();
      });
    }
    if (this.isCut) return;
    near.pipe(far);
    far.pipe(near);
  }

  private drop(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }
}
