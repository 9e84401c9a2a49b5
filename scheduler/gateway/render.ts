/** Desired upstreams -> the files of one revision. Pure: the same input gives the same bytes. */
import { createHash } from 'node:crypto';
import Handlebars from 'handlebars';
import type { GatewayConfig } from '../../config/index.js';
import { messageOf } from '../../lib/errors.js';
import { type Manifest, manifestName, toManifest } from './manifest.js';
import { checkDesired, type GatewayModel } from './model.js';
import type { DesiredUpstream } from './types.js';

export const templateNames = ['main.conf.hbs', 'http.conf.hbs', 'location.conf.hbs'] as const;
export type TemplateName = (typeof templateNames)[number];

/** Text of each template, and where it was read, for messages. */
export type Templates = Readonly<Record<TemplateName, { readonly path: string; readonly text: string }>>;

export interface Rendered {
  readonly revision: string;
  /** By path within the revision's folder. */
  readonly files: ReadonlyMap<string, string>;
  readonly manifest: Manifest;
  /** What had to be left out, one sentence each. */
  readonly leftOut: readonly string[];
}

type RenderConfig = Pick<GatewayConfig, 'config' | 'directory' | 'mark' | 'workerShutdownTimeoutMs'>;

/** Stands for the revision while it is being computed from everything else. */
const unmarked = '0'.repeat(12);

/** Values are validated, so nothing is escaped; a field that is not in the model is an error, and so is any helper but the built-in ones. */
const compile = ({ path, text }: Templates[TemplateName]): ((model: unknown) => string) => {
  const handlebars = Handlebars.create();
  handlebars.unregisterHelper('log');
  const template = handlebars.compile(text, {
    noEscape: true,
    strict: true,
    knownHelpersOnly: true,
    knownHelpers: { log: false },
  });
  return (model) => {
    try {
      return template(model, { allowProtoPropertiesByDefault: false, allowProtoMethodsByDefault: false });
    } catch (thrown) {
      throw new Error(`template ${path}: ${messageOf(thrown)}`, { cause: thrown });
    }
  };
};

type Compiled = Record<TemplateName, (model: unknown) => string>;

const fill = (templates: Compiled, model: GatewayModel, manifest: Manifest): Map<string, string> => {
  const { upstreams, ...shared } = model;
  return new Map([
    ['main.conf', templates['main.conf.hbs'](model)],
    ['http.conf', templates['http.conf.hbs'](model)],
    ...upstreams.map((upstream): [string, string] => [
      `locations/${upstream.name}.conf`,
      templates['location.conf.hbs']({ ...shared, upstream }),
    ]),
    [manifestName, `${JSON.stringify(manifest, null, 2)}\n`],
  ]);
};

const digest = (files: ReadonlyMap<string, string>): string => {
  const hash = createHash('sha256');
  for (const [path, text] of files) hash.update(`${path}\n${Buffer.byteLength(text)}\n${text}\n`);
  return hash.digest('hex').slice(0, unmarked.length);
};

/** Renders twice: the revision is the digest of everything before it is filled in. Throws with the template's path. */
export const renderUpstreams = (
  desired: readonly DesiredUpstream[],
  config: RenderConfig,
  templates: Templates,
): Rendered => {
  const { model, servers, leftOut } = checkDesired(desired, config, unmarked);
  const compiled: Compiled = {
    'main.conf.hbs': compile(templates['main.conf.hbs']),
    'http.conf.hbs': compile(templates['http.conf.hbs']),
    'location.conf.hbs': compile(templates['location.conf.hbs']),
  };
  const revision = digest(fill(compiled, model, toManifest(model, servers)));
  const marked = { ...model, revision };
  const manifest = toManifest(marked, servers);
  return { revision, files: fill(compiled, marked, manifest), manifest, leftOut };
};

/** The text of one upstream block, for people; null: the templates make none of that name. */
export const upstreamBlock = ({ files, manifest }: Rendered, name: string): string | null => {
  if (!Object.hasOwn(manifest.upstreams, name)) return null;
  const begin = new RegExp(`^upstream\\s+${name.replaceAll('.', '\\.')}\\s*\\{[^]*?^\\}$`, 'm');
  return begin.exec(files.get('http.conf') ?? '')?.[0] ?? null;
};
