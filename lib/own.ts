/**
 * What is kept under a key, and never what every object inherits: keys come from outside, and `constructor` is a valid id of
 * an instance.
 */
export const own = <T>(kept: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(kept, key) ? kept[key] : undefined;
