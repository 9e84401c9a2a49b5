/** Where a Prometheus server is, and how it is asked; and TLS, as every section that speaks it writes it. */
import { z } from 'zod';
import { durationBetween, flag, section, size, text, textMatching } from './fields.js';

export const baseUrl = textMatching(/^https?:\/\/[^\s/?#]+(?:\/[^\s?#]*)?$/, 'a base URL like http://127.0.0.1:9090');

export const tlsFile = section({
  ca_file: text.meta({ description: 'Certificates (PEM) that are believed instead of the usual ones.' }).optional(),
  cert_file: text.meta({ description: 'Our own certificate (PEM), where the server asks for one.' }).optional(),
  key_file: text.meta({ description: 'Key (PEM) of cert_file.' }).optional(),
  server_name: text.meta({ description: "Expected in the server's certificate instead of the URL's host." }).optional(),
  insecure_skip_verify: flag.meta({ description: 'Believe any certificate: for trying out only.' }).optional(),
});

export const labelName = textMatching(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a label name');

/** Values that an HTTP header may have. */
const headers = z.record(
  z.string().regex(/^[A-Za-z0-9-]{1,64}$/, { error: 'is no header name' }),
  textMatching(/^[\x20-\x7e]{1,1024}$/, 'printable text'),
  { error: 'expected a section of headers by name' },
);

export const prometheusFile = section({
  url: baseUrl.meta({ description: 'Base URL of the server; /api/v1/query follows.' }),
  interval: durationBetween('1s', '10m').optional(),
  timeout: durationBetween('10ms', '5m').optional(),
  label: labelName.meta({ description: 'Label whose value tells the instance.' }).optional(),
  match: text
    .meta({ description: 'Value of that label for an instance, like {{instance.address}}:{{instance.port}}.' })
    .optional(),
  max_age: durationBetween('1s', '1h')
    .meta({ description: 'How old a sample may be (newer servers heed it); its own 5 min unless set.' })
    .optional(),
  body_limit: size.optional(),
  token_file: text.meta({ description: 'Bearer token; read at each question, so that it may be renewed.' }).optional(),
  basic_auth: section({
    username: textMatching(/^[^:\r\n]+$/, 'a user name without a colon'),
    password_file: text,
  }).optional(),
  headers: headers.meta({ description: 'Sent along, like X-Scope-OrgID. Not for secrets.' }).optional(),
  tls: tlsFile.optional(),
});
export type PrometheusFile = z.output<typeof prometheusFile>;
export type TlsFile = z.output<typeof tlsFile>;
