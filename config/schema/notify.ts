/** `notify:` and `heartbeat:` of `ballast.yaml`: whom to tell, and whom to keep knowing that somebody is here. */
import { z } from 'zod';
import { durationBetween, listOf, oneOf, section, text, textMatching } from './fields.js';

const address = textMatching(/^https?:\/\/[^\s/?#]+\S*$/, 'an address like https://hooks.example/ballast');
const headers = z
  .record(textMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'the name of a header'), text)
  .meta({ description: 'Sent along; secrets by ${NAME} from the environment.' });

const secrets = {
  secret: text.meta({ description: 'Key of the signature; better by secret_file or ${NAME}.' }).optional(),
  secret_file: text.meta({ description: 'Holds the key of the signature.' }).optional(),
};

export const webhookFile = section({
  name: textMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a name of letters, digits, . _ -'),
  url: address,
  ...secrets,
  headers: headers.optional(),
  levels: listOf(oneOf('page', 'warn', 'info'))
    .meta({ description: 'Only these; all unless given.' })
    .optional(),
});

export const notifyFile = section({
  link: address.meta({ description: 'Where people reach the scheduler: links of messages begin with it.' }).optional(),
  summary: durationBetween('1m', '1d')
    .meta({ description: 'How often services with heal.notify: summary are summed up.' })
    .optional(),
  webhooks: listOf(webhookFile).optional(),
});
export type NotifyFile = z.output<typeof notifyFile>;

export const heartbeatFile = section({
  url: address,
  every: durationBetween('5s', '1d').optional(),
  method: oneOf('POST', 'GET').optional(),
  ...secrets,
  headers: headers.optional(),
});
export type HeartbeatFile = z.output<typeof heartbeatFile>;
