/**
 * Spring Boot's `/actuator/metrics`, as its MetricsEndpoint behaves: a meter's page adds up all meters of that name and those
 * tags (of MAX it takes the largest), and offers the tags that were not asked for.
 */
import type { RequestListener } from 'node:http';

export interface FakeMeter {
  readonly name: string;
  readonly baseUnit?: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly measurements: Readonly<Record<string, number>>;
}

const merged = (meters: readonly FakeMeter[]): readonly { statistic: string; value: number | string }[] => {
  const values = new Map<string, number>();
  for (const { measurements } of meters)
    for (const [statistic, value] of Object.entries(measurements)) {
      const before = values.get(statistic);
      const sum = statistic === 'MAX' ? Math.max(before ?? -Infinity, value) : (before ?? 0) + value;
      values.set(statistic, sum);
    }
  // Jackson writes what JSON has no number for as text.
  return [...values].map(([statistic, value]) => ({
    statistic,
    value: Number.isFinite(value) ? value : String(value),
  }));
};

const tagsOf = (
  meters: readonly FakeMeter[],
  asked: readonly string[],
): readonly { tag: string; values: string[] }[] => {
  const values = new Map<string, Set<string>>();
  for (const { tags } of meters)
    for (const [tag, value] of Object.entries(tags))
      if (!asked.includes(tag)) values.set(tag, (values.get(tag) ?? new Set<string>()).add(value));
  return [...values].map(([tag, set]) => ({ tag, values: [...set] }));
};

const pageOf = (meters: readonly FakeMeter[], url: URL): object | null => {
  const [, , , encoded] = url.pathname.split('/');
  if (encoded === undefined || encoded === '') return { names: [...new Set(meters.map(({ name }) => name))] };
  const wanted = url.searchParams.getAll('tag').map((text) => text.split(/:(.*)/s));
  const found = meters.filter(
    ({ name, tags }) =>
      name === decodeURIComponent(encoded) && wanted.every(([tag = '', value]) => tags[tag] === value),
  );
  if (found.length === 0) return null;
  return {
    name: found[0]?.name,
    description: 'of a fake',
    baseUnit: found[0]?.baseUnit ?? null,
    measurements: merged(found),
    availableTags: tagsOf(
      found,
      wanted.map(([tag = '']) => tag),
    ),
  };
};

/** Answers for `/actuator/metrics`; `asked` collects the paths. */
export const actuator =
  (meters: readonly FakeMeter[], asked: string[] = []): RequestListener =>
  (request, response) => {
    asked.push(request.url ?? '');
    const page = pageOf(meters, new URL(request.url ?? '', 'http://fake'));
    response.setHeader('content-type', 'application/vnd.spring-boot.actuator.v3+json');
    if (page === null) response.writeHead(404).end();
    else response.end(JSON.stringify(page));
  };

/** The same without a server: the body that a URL brings. */
export const fakeAsk =
  (meters: readonly FakeMeter[], paths: string[] = []) =>
  (text: string): Promise<{ readonly kind: 'body'; readonly body: Buffer }> => {
    const url = new URL(text);
    paths.push(url.pathname + url.search);
    return Promise.resolve({ kind: 'body', body: Buffer.from(JSON.stringify(pageOf(meters, url))) });
  };
