import { freePorts } from '../../scripts/demo/environment/ports.js';

/** A TCP port of the loopback address that is free now, and stays ours. */
export const freePort = async (): Promise<number> => {
  const [port = 0] = await freePorts(1);
  return port;
};
