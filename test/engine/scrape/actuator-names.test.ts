import { expect } from 'chai';
import { valuesOf } from '../../../engine/scrape/actuator/naming.js';

describe('meters of Actuator', () => {
  const names: readonly (readonly [string, string | null, Record<string, number>, Record<string, number>])[] = [
    ['process.cpu.usage', null, { VALUE: 0.5 }, { process_cpu_usage: 0.5 }],
    ['jvm.memory.used', 'bytes', { VALUE: 5 }, { jvm_memory_used_bytes: 5 }],
    ['jvm.threads.live', 'threads', { VALUE: 5 }, { jvm_threads_live_threads: 5 }],
    ['jvm.memory.usage.after.gc', 'percent', { VALUE: 0.1 }, { jvm_memory_usage_after_gc_percent: 0.1 }],
    ['process.uptime', 'seconds', { VALUE: 9 }, { process_uptime_seconds: 9 }],
    ['size.bytes', 'bytes', { VALUE: 9 }, { size_bytes: 9 }],
    ['jvm.gc.memory.allocated', 'bytes', { COUNT: 5 }, { jvm_gc_memory_allocated_bytes_total: 5 }],
    ['logback.events', 'events', { COUNT: 5 }, { logback_events_total: 5 }],
    ['a.total', null, { COUNT: 5 }, { a_total: 5 }],
    [
      'http.server.requests',
      'seconds',
      { COUNT: 2, TOTAL_TIME: 3, MAX: 1 },
      {
        http_server_requests_seconds_count: 2,
        http_server_requests_seconds_sum: 3,
        http_server_requests_seconds_max: 1,
      },
    ],
    ['t', 'milliseconds', { COUNT: 2, TOTAL_TIME: 3000 }, { t_seconds_count: 2, t_seconds_sum: 3 }],
    [
      'payload',
      'bytes',
      { COUNT: 2, TOTAL: 3, MAX: 1 },
      { payload_bytes_count: 2, payload_bytes_sum: 3, payload_bytes_max: 1 },
    ],
    [
      'x.active',
      'seconds',
      { ACTIVE_TASKS: 2, DURATION: 3 },
      {
        ...{ x_active_seconds_active_count: 2, x_active_seconds_count: 2, x_active_seconds_gcount: 2 },
        ...{ x_active_seconds_duration_sum: 3, x_active_seconds_sum: 3, x_active_seconds_gsum: 3 },
      },
    ],
    ['2xx-count%', null, { UNKNOWN: 1 }, { m_2xx_count_: 1 }],
  ];
  for (const [name, baseUnit, measurements, expected] of names)
    it(`${name} in ${baseUnit} with ${Object.keys(measurements).join(', ')}`, () => {
      const measured = Object.entries(measurements).map(([statistic, value]) => ({ statistic, value }));
      const values = valuesOf(name, { baseUnit, measurements: measured, availableTags: [] });
      expect(Object.fromEntries(values)).to.deep.equal(expected);
    });
});
