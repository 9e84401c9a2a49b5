/** Certificates and keys from files, which may be renewed while we run. */
import { readFile, stat } from 'node:fs/promises';

export interface TlsFiles {
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  readonly serverName: string | null;
  readonly insecureSkipVerify: boolean;
}

/** As `tls.connect` takes it. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
}

const paths = ({ caFile, certFile, keyFile }: TlsFiles): readonly string[] =>
  [caFile, certFile, keyFile].filter((path) => path !== null);

/** Changes when any of the files does. Rejects with the file system's error. */
export const stampOf = async (files: readonly string[]): Promise<string> => {
  const stats = await Promise.all(files.map((file) => stat(file)));
  return stats.map(({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`).join(',');
};

/** Rejects with the file system's error. */
export const readTls = async (tls: TlsFiles): Promise<TlsMaterial> => {
  const read = async (path: string | null): Promise<string | null> => (path === null ? null : readFile(path, 'utf8'));
  const [ca, cert, key] = [await read(tls.caFile), await read(tls.certFile), await read(tls.keyFile)];
  return {
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
    ...(tls.serverName === null ? {} : { servername: tls.serverName }),
    rejectUnauthorized: !tls.insecureSkipVerify,
  };
};

/** The material of some files, read again when one of them changed. */
export class TlsReader {
  #stamp: string | null = null;
  #material: TlsMaterial | null = null;

  constructor(private readonly files: TlsFiles) {}

  /** The same object as long as no file changed. Rejects with the file system's error. */
  async current(): Promise<TlsMaterial> {
    const stamp = await stampOf(paths(this.files));
    if (this.#material === null || stamp !== this.#stamp) {
      this.#material = await readTls(this.files);
      this.#stamp = stamp;
    }
    return this.#material;
  }
}
