/** Numbers and times as people read them. */

import type { JobStatus } from '@keiyaku/sdk';

export const STATUSES: readonly JobStatus[] = [
  'pending',
  'processing',
  'retry_pending',
  'completed',
  'failed',
  'cancelled',
];

export const STATUS_NAMES: Record<JobStatus, string> = {
  pending: 'Pending',
  processing: 'Running',
  retry_pending: 'To retry',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

const NUMBER = new Intl.NumberFormat('en');
const TIME = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

export function count(value: number): string {
  return NUMBER.format(value);
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A time in the reader's zone. */
export function time(text: string): string {
  return TIME.format(new Date(text));
}

/** A length of time, to the second. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) {
    return `${Math.max(0, Math.round(milliseconds))} ms`;
  }
  if (milliseconds < 60_000) {
    return `${(milliseconds / 1_000).toFixed(1)} s`;
  }
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 60) {
    return `${minutes} min ${Math.floor(milliseconds / 1_000) % 60} s`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** How long ago a time was, or how far ahead it is. */
export function ago(text: string, now: number): string {
  const passed = now - Date.parse(text);
  if (Math.abs(passed) < 1_000) {
    return 'now';
  }
  const words = roughly(Math.abs(passed) / 1_000);
  return passed < 0 ? `in ${words}` : `${words} ago`;
}

/** A length of time as it is told of what is long ago: its seconds would only flicker. */
function roughly(seconds: number): string {
  if (seconds < 60) {
    return `${Math.floor(seconds)} s`;
  }
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : duration(minutes * 60_000);
}
