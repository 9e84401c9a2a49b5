import { isIP } from 'node:net';

const unspecified = new Set(['0.0.0.0', '::', '0:0:0:0:0:0:0:0']);

/**
 * Address and port as NGINX writes them in a server line. Only IP literals: NGINX looks a host name up while it reads its
 * configuration, and one that it cannot resolve makes it refuse the whole file.
 */
export const serverAddress = (
  address: string,
  port: number,
): { ok: true; text: string } | { ok: false; why: string } => {
  // A zone index (`fe80::1%eth0`) is valid for Node.js and means nothing to NGINX.
  const version = /^[0-9a-fA-F:.]+$/.test(address) ? isIP(address) : 0;
  const shown = JSON.stringify(address.length > 60 ? `${address.slice(0, 60)}…` : address);
  if (version === 0) {
    return {
      ok: false,
      why: `its address ${shown} is no IP address (a host name is not enough: register the address)`,
    };
  }
  if (unspecified.has(address)) return { ok: false, why: `its address ${shown} means any address, not one` };
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    return { ok: false, why: `its port ${String(port).slice(0, 30)} is not within 1-65535` };
  }
  return { ok: true, text: `${version === 6 ? `[${address}]` : address}:${port}` };
};
