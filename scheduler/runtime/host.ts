/** Which addresses are this machine's: a container or a pid file here says nothing about an instance elsewhere. */
import { networkInterfaces } from 'node:os';

/** All of 127.0.0.0/8 is this machine, whatever its interfaces list. */
const isLoopback = (address: string): boolean => /^127(?:\.\d{1,3}){3}$/.test(address) || address === '::1';

export const ownAddresses = (): ReadonlySet<string> =>
  new Set(
    Object.values(networkInterfaces()).flatMap((each) =>
      (each ?? []).map(({ address }) => address.replace(/%.*$/, '')),
    ),
  );

export const isOwnAddress = (address: string, own: ReadonlySet<string> = ownAddresses()): boolean =>
  isLoopback(address) || own.has(address);
