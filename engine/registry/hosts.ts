/** An address as it stands in a URL, and in the label `instance` of Prometheus. */
export const hostOf = (address: string): string => (address.includes(':') ? `[${address}]` : address);
