import { instanceIdPattern, serviceNamePattern, type InstanceId, type ServiceName } from '../../config/names.js';
import { messageOf } from '../../lib/errors.js';
import { rotationPageSchema, type RotationMark } from '../client/index.js';

export type Marks = ReadonlyMap<InstanceId, RotationMark>;

export interface MarkPages {
  readonly marks: ReadonlyMap<ServiceName, Marks>;
  /** Pages that were ignored, a sentence each. */
  readonly problems: readonly string[];
}

const parsePage = (text: string): Marks => {
  const { rotation } = rotationPageSchema.parse(JSON.parse(text));
  const marks = new Map<InstanceId, RotationMark>();
  for (const [id, mark] of Object.entries(rotation)) if (instanceIdPattern.test(id)) marks.set(id as InstanceId, mark);
  return marks;
};

/** The rotation marks of every service under `prefix` (ends with a slash). A page that cannot be read marks nothing. */
export const parseMarks = (
  prefix: string,
  pages: readonly { readonly key: string; readonly value: string }[],
): MarkPages => {
  const marks = new Map<ServiceName, Marks>();
  const problems: string[] = [];
  for (const { key, value } of pages) {
    const service = key.startsWith(prefix) ? key.slice(prefix.length) : '';
    if (!serviceNamePattern.test(service)) continue;
    try {
      marks.set(service as ServiceName, parsePage(value));
    } catch (error) {
      problems.push(
        `Consul key ${key} holds no rotation marks: ${messageOf(error).replaceAll(/\s+/g, ' ').slice(0, 300)}`,
      );
    }
  }
  return { marks, problems };
};
