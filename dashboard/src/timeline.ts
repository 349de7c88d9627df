/** What the timeline's minutes come to: per minute for the charts, per job type for the list of failures. */

import type { JobMinute } from '@keiyaku/sdk';

export interface Minutes {
  /** Seconds since 1970, one for each minute, also for those in which nothing ended. */
  readonly times: readonly number[];
  /** Null in the minute that has just begun, as long as nothing has ended in it: that says nothing yet. */
  readonly completed: readonly (number | null)[];
  readonly failed: readonly (number | null)[];
  /** Milliseconds; null where nothing ended. */
  readonly wait: readonly (number | null)[];
  readonly run: readonly (number | null)[];
}

/** The last minutes up to now, over all job types. */
export function perMinute(items: readonly JobMinute[], minutes: number, now: number): Minutes {
  const last = Math.floor(now / 60_000);
  const byMinute = new Map<number, JobMinute[]>();
  for (const item of items) {
    const minute = Math.floor(Date.parse(item.minute) / 60_000);
    byMinute.set(minute, [...(byMinute.get(minute) ?? []), item]);
  }
  const all = Array.from({ length: minutes }, (_, index) => last - minutes + 1 + index);
  const ended = all.map((minute) => byMinute.get(minute) ?? []);
  const total = (of: (item: JobMinute) => number) =>
    ended.map((items, index) => (index === minutes - 1 && items.length === 0 ? null : sum(items, of)));
  return {
    times: all.map((minute) => minute * 60),
    completed: total(({ completed }) => completed),
    failed: total(({ failed }) => failed),
    wait: ended.map((of) => mean(of, ({ wait_ms }) => wait_ms)),
    run: ended.map((of) => mean(of, ({ run_ms }) => run_ms)),
  };
}

export interface TypeFailures {
  readonly job_type: string;
  readonly failed: number;
  readonly all: number;
}

/** The job types of which attempts failed, the worst first. */
export function failuresByType(items: readonly JobMinute[]): TypeFailures[] {
  const types = new Map<string, { failed: number; all: number }>();
  for (const { job_type, failed, completed } of items) {
    const before = types.get(job_type) ?? { failed: 0, all: 0 };
    types.set(job_type, { failed: before.failed + failed, all: before.all + failed + completed });
  }
  return [...types]
    .map(([job_type, counts]) => ({ job_type, ...counts }))
    .filter(({ failed }) => failed > 0)
    .sort((one, other) => other.failed - one.failed);
}

/** The mean of means, each as often as attempts went into it. */
export function mean(items: readonly JobMinute[], of: (item: JobMinute) => number): number | null {
  const attempts = sum(items, ({ completed, failed }) => completed + failed);
  return attempts === 0 ? null : sum(items, (item) => of(item) * (item.completed + item.failed)) / attempts;
}

export function sum(items: readonly JobMinute[], of: (item: JobMinute) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
