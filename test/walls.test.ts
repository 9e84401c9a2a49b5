/** Which room may import which. A room is a folder; a rule names what its files may reach, beside themselves and packages. */
import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { packageRoot } from '../lib/paths.js';

type Rule = readonly string[];

const engineCore: Rule = [
  ...['lib', 'config', 'engine/model', 'engine/client', 'engine/derive', 'engine/score', 'engine/zone'],
  ...[
    'engine/memory',
    'engine/roster',
    'engine/table',
    'engine/kept',
    'engine/stand-in',
    'engine/describe',
    'engine/scored',
    'engine/explain',
    'engine/words',
    'engine/notes',
    'engine/up',
  ],
];
const schedulerStage: Rule = [
  'lib',
  'config',
  'engine/client',
  'scheduler/model',
  'scheduler/facts',
  'scheduler/consent',
  'scheduler/said',
  'scheduler/proc',
  'scheduler/client',
];
const schedulerEdge: Rule = [
  ...schedulerStage,
  'scheduler/journal',
  'scheduler/world/mirror',
  'scheduler/world/runtime',
];

/**
 * The first pattern that fits a file is its rule; `*` is one folder's name. What may be imported is a folder, or a file
 * without its ending. Read a line as: whoever is in here may use that.
 */
const walls: readonly (readonly [room: string, may: Rule])[] = [
  ['lib', []],
  ['config', ['lib']],

  // The engine. Stages know the model, not each other; the files beside pipeline.ts compose them; main.ts, turns.ts,
  // evaluator.ts and services.ts wire them to the world.
  ['engine/client', ['lib']],
  ['engine/model', ['lib', 'config', 'engine/client']],
  ...['main', 'turns', 'evaluator', 'saving', 'services', 'service-state', 'observed', 'restated'].map(
    (file) => [`engine/${file}`, ['lib', 'config', 'engine']] as const,
  ),
  ...[
    'pipeline',
    'memory',
    'roster',
    'table',
    'kept',
    'describe',
    'scored',
    'explain',
    'hydrate',
    'words',
    'notes',
    'stand-in',
  ].map((file) => [`engine/${file}`, engineCore] as const),
  // What would be: the pipeline on values, windows or history that others hand in.
  ['engine/replay', [...engineCore, 'engine/pipeline', 'engine/store']],
  ['engine/whatif', [...engineCore, 'engine/pipeline', 'engine/replay']],
  // What was: the same words about what history kept.
  ['engine/past', [...engineCore, 'engine/store']],
  ['engine/*', ['lib', 'config', 'engine/model', 'engine/client']],

  // The scheduler sees the engine through its published client only. Pure stages know the model and its facts;
  // decide.ts composes them. Edges share the mirror of Consul's keys and the journal; turns.ts and main.ts wire.
  ['scheduler/client', ['lib', 'engine/client']],
  ['scheduler/model', ['config', 'engine/client', 'scheduler/client']],
  ['scheduler/facts', ['lib', 'config', 'engine/client', 'scheduler/model', 'scheduler/client']],
  ['scheduler/consent', ['lib', 'config', 'scheduler/facts', 'scheduler/model', 'scheduler/client']],
  ['scheduler/said', ['config', 'scheduler/model', 'scheduler/client']],
  ['scheduler/decide', [...schedulerStage, 'scheduler/plan', 'scheduler/guard', 'scheduler/heal']],
  ['scheduler/preview', [...schedulerStage, 'scheduler/decide']],
  ['scheduler/foresee', [...schedulerStage, 'scheduler/decide', 'scheduler/guard/headroom']],
  ...['api', 'apply', 'lead', 'notify'].map((room) => [`scheduler/${room}`, schedulerEdge] as const),
  ...['turns', 'main', 'previews', 'edges', 'telling'].map(
    (file) => [`scheduler/${file}`, ['lib', 'config', 'engine/client', 'scheduler']] as const,
  ),
  ['scheduler/*', schedulerStage],

  // Plays series offline through the pure cores of both services.
  // A simulator plays both services: their pure cores, and what folds discovery and ledgers.
  [
    'cli/simulate',
    [
      ...['lib', 'config', 'engine/pipeline', 'engine/hydrate', 'engine/registry', ...engineCore],
      ...[
        'scheduler/client',
        'scheduler/model',
        'scheduler/facts',
        'scheduler/consent',
        'scheduler/decide',
        'scheduler/foresee',
        'scheduler/said',
        'scheduler/api/act-rules',
        'scheduler/guard',
      ],
      ...['scheduler/apply', 'scheduler/gateway/types', 'scheduler/gateway/budget', 'scheduler/gateway/manifest'],
      'scheduler/world/catalog',
      // What people would be told.
      ...['fold', 'model', 'situation'].map((file) => `scheduler/notify/${file}`),
    ],
  ],
  [
    'cli/scenarios',
    [
      ...['lib', 'config', 'cli', 'engine/pipeline', 'engine/observed', ...engineCore],
      ...['scheduler/client', 'scheduler/model', 'scheduler/decide'],
    ],
  ],
  // Looks at live pages with the engine's own stages.
  [
    'cli/init',
    [
      ...['lib', 'config', 'cli', 'engine/model', 'engine/client', 'engine/derive', 'engine/registry', 'engine/scrape'],
      ...['engine/up', 'engine/words'],
    ],
  ],
  // Clients of the HTTP APIs; of the services themselves they know how to run them, and how to check files offline.
  [
    'cli',
    [
      ...[
        'lib',
        'config',
        'engine/client',
        'engine/main',
        'engine/model',
        'engine/derive',
        'engine/scrape',
        'engine/score',
      ],
      // Journals as files are checked offline.
      ...['scheduler/client', 'scheduler/main', 'scheduler/journal/files'],
    ],
  ],
  // Benches measure parts by themselves as well as whole programs.
  ['scripts/benches', ['lib', 'config', 'engine', 'scheduler', 'cli/simulate', 'scripts/demo/environment']],
  ['scripts/simulate', ['lib', 'cli/simulate']],
  ['scripts', ['lib', 'config', 'engine/client', 'scheduler/client']],
  ['test', ['lib', 'config', 'engine', 'scheduler', 'cli', 'scripts']],
];

/** Types that one stage publishes for others; importing them brings no code along. */
const published: Rule = ['scheduler/gateway/types', 'scheduler/runtime/types'];

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });

const rooms = [...new Set(walls.map(([room]) => room.split('/')[0] ?? room))];
const sources = rooms
  .map((room) => join(packageRoot, room))
  .filter((folder) => existsSync(folder) && statSync(folder).isDirectory())
  .flatMap(filesIn)
  .map((path) => relative(packageRoot, path));

const importPattern = /(?:\bfrom|\bimport)\s*\(?\s*'(\.{1,2}\/[^']+)'/g;

/** Our own files that a file imports, as paths from the root without ending; `typeOnly`: it brings no code. */
const importsOf = (file: string): readonly { readonly to: string; readonly typeOnly: boolean }[] => {
  const text = readFileSync(join(packageRoot, file), 'utf8');
  return [...text.matchAll(importPattern)].map((match) => {
    const statement = text.slice(text.lastIndexOf('\n', text.lastIndexOf('import', match.index)) + 1, match.index);
    const to = join(dirname(file), match[1] ?? '').replace(/\.jsx?$/, '');
    return { to, typeOnly: /^(?:import|export) type\b/.test(statement) };
  });
};

const within = (path: string, room: string): boolean => path === room || path.startsWith(`${room}/`);

/** The room that a pattern makes of a path: `engine/*` makes `engine/zone` of `engine/zone/step`. */
const roomOf = (path: string, pattern: string): string | null => {
  const parts = pattern.split('/');
  const room = path.split('/').slice(0, parts.length);
  return parts.every((part, nth) => part === '*' || part === room[nth]) && room.length === parts.length
    ? room.join('/')
    : null;
};

const ruleOf = (path: string): { readonly room: string; readonly may: Rule } | null => {
  for (const [pattern, may] of walls) {
    const room = roomOf(path, pattern);
    if (room !== null) return { room, may };
  }
  return null;
};

const breaches = (file: string): readonly string[] => {
  const path = file.replace(/\.tsx?$/, '');
  const rule = ruleOf(path);
  if (!rule) return [`${file} belongs to no room`];
  return importsOf(file)
    .filter(({ to, typeOnly }) => {
      const allowed = [rule.room, ...rule.may].some((room) => within(to, room));
      return !allowed && !(typeOnly && published.includes(to));
    })
    .map(({ to }) => `${file} imports ${to}; ${rule.room} may import ${rule.may.join(', ') || 'nothing of ours'}`);
};

describe('walls between rooms', () => {
  it('are kept by every import', () => {
    expect(sources.flatMap(breaches)).to.deep.equal([]);
  });

  it('are looked at in every room that has files', () => {
    for (const room of ['lib', 'config', 'engine', 'scheduler', 'scripts', 'test'])
      expect(sources.filter((file) => within(file, room)).length, room).to.be.greaterThan(3);
  });

  it('see an import wherever it stands', () => {
    const found = importsOf('test/walls.test.ts').map(({ to }) => to);
    expect(found).to.include('lib/paths');
    expect(ruleOf('engine/zone/step')).to.deep.include({ room: 'engine/zone' });
    expect(ruleOf('engine/pipeline')?.may).to.include('engine/score');
    expect(ruleOf('engine/zone/step')?.may).not.to.include('engine/score');
  });

  it('leave no circle between files', () => {
    const state = new Map<string, 'open' | 'done'>();
    const circle = (path: string, way: readonly string[]): readonly string[] | null => {
      if (state.get(path) === 'done') return null;
      if (state.get(path) === 'open') return [...way.slice(way.indexOf(path)), path];
      state.set(path, 'open');
      for (const { to, typeOnly } of existsSync(join(packageRoot, `${path}.ts`)) ? importsOf(`${path}.ts`) : []) {
        const found = typeOnly ? null : circle(to, [...way, path]);
        if (found) return found;
      }
      state.set(path, 'done');
      return null;
    };
    for (const file of sources) expect(circle(file.replace(/\.tsx?$/, ''), [])).to.equal(null);
  });
});
