/** Names that come from outside and are compared, joined and printed everywhere; branded so that two of them cannot be mixed up. */

/** A Consul service name, already validated ({@link serviceNamePattern}). */
export type ServiceName = string & { readonly __brand: 'ServiceName' };

/**
 * One instance of a service, unique within its service: Consul's service id, or `id@node` where two nodes of one service
 * register the same id.
 */
export type InstanceId = string & { readonly __brand: 'InstanceId' };

/** Name of a metric in a service file. */
export type MetricName = string & { readonly __brand: 'MetricName' };

/** Consul permits almost anything; we permit what is also safe in a file name, a URL path and a template. */
export const serviceNamePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$/;
/** May begin with an underscore: Nomad registers `_nomad-task-…`. */
export const instanceIdPattern = /^[A-Za-z0-9_](?:[A-Za-z0-9._:@-]{0,253}[A-Za-z0-9])?$/;
export const metricNamePattern = /^[a-z][a-z0-9_]{0,63}$/;

/** As Consul allows them. */
export const datacenterName = /^[A-Za-z0-9_-]{1,63}$/;
