/** Each instance has an address of its own; all of 127.0.0.0/8 is this machine. */

/** 127.20.0.0 and on. */
export const addressOf = (index: number): string => `127.${20 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;

export const indexOf = (address: string | undefined): number => {
  const [, a = 0, b = 0, c = 0] = (address ?? '').replace('::ffff:', '').split('.').map(Number);
  return ((a - 20) << 16) | (b << 8) | c;
};
