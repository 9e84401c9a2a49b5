import { Agent as HttpsAgent, type AgentOptions } from 'node:https';
import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import Consul from 'consul';
import { z } from 'zod';
import { BallastError, messageOf } from '../errors.js';
import { stampOf, TlsReader, type TlsMaterial } from '../tls.js';
import type { ConsulConnection } from './types.js';

/** The package's own client, and what has to be looked at again before each call: secrets and certificates are renewed. */
export interface Connection {
  readonly consul: Consul;
  /** To be merged into a call's options. Rejects with a BallastError where a file cannot be read and never could. */
  readonly credentials: () => Promise<{ readonly token?: string }>;
}

/** New connections are made with the certificates as they are now; those that are open stay as they are. */
class RenewingAgent extends HttpsAgent {
  material: TlsMaterial | null = null;

  override createConnection(
    options: AgentOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    return super.createConnection({ ...options, ...this.material }, callback);
  }
}

/** What a file holds, read again when it changed. A file that is gone or empty for a moment leaves what was known. */
class SecretFile {
  #stamp: string | null = null;
  #secret: string | null = null;

  constructor(private readonly path: string) {}

  async current(): Promise<string> {
    try {
      const stamp = await stampOf([this.path]);
      if (stamp === this.#stamp && this.#secret !== null) return this.#secret;
      const text = (await readFile(this.path, 'utf8')).trim();
      if (!/^[\x21-\x7e]+$/.test(text)) throw new Error('it holds no single line of printable text');
      [this.#stamp, this.#secret] = [stamp, text];
      return text;
    } catch (thrown) {
      if (this.#secret !== null) return this.#secret;
      throw new BallastError('CONSUL_TOKEN', `Consul's token cannot be read from ${this.path}: ${messageOf(thrown)}`, {
        hint: 'it must hold the token and be readable by us',
        cause: thrown,
      });
    }
  }
}

const currentOf = async (reader: TlsReader, before: TlsMaterial | null): Promise<TlsMaterial> => {
  try {
    return await reader.current();
  } catch (thrown) {
    // Half renewed: the next call finds the rest.
    if (before !== null) return before;
    throw new BallastError('CONSUL_TLS', `a certificate for Consul cannot be read: ${messageOf(thrown)}`, {
      hint: 'look at consul.tls in ballast.yaml',
      cause: thrown,
    });
  }
};

/** What the package's base class documents and its typings leave out: to change a request that was just created. */
interface Extendable {
  _ext(
    event: 'onCreate',
    change: (request: { readonly opts: { readonly name?: string; buffer?: boolean } }, next: () => void) => void,
  ): void;
}

const extendable = z.custom<Extendable>(
  (client) => typeof client === 'object' && client !== null && '_ext' in client && typeof client._ext === 'function',
);

/** The package parses all that it gets at once. Lists of instances may be long: of these we get the bytes. */
const leaveListsUnread = (consul: Consul): void =>
  extendable.parse(consul)._ext('onCreate', ({ opts }, next) => {
    if (opts.name === 'health.service') opts.buffer = true;
    next();
  });

/** Throws a BallastError where the URL is not that of an agent. */
export const openConnection = ({ url, token, tokenFile, datacenter, tls }: ConsulConnection): Connection => {
  const { protocol, hostname, port, pathname } = new URL(url);
  if (!['http:', 'https:'].includes(protocol) || pathname !== '/')
    throw new BallastError('CONSUL_URL', `${url} is not the address of a Consul agent`, {
      hint: 'scheme, host and port, such as http://127.0.0.1:8500',
    });
  const secure = protocol === 'https:';
  const agent = secure ? new RenewingAgent({ keepAlive: true }) : null;
  const consul = new Consul({
    host: hostname,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    secure,
    ...(agent === null ? {} : { agent }),
    defaults: datacenter === null ? {} : { dc: datacenter },
  });
  leaveListsUnread(consul);
  const reader = tls ? new TlsReader(tls) : null;
  const file = tokenFile ? new SecretFile(tokenFile) : null;
  return {
    consul,
    credentials: async () => {
      if (reader && agent) agent.material = await currentOf(reader, agent.material);
      const secret = file ? await file.current() : token;
      return secret === null ? {} : { token: secret };
    },
  };
};
