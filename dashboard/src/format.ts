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
  retry_pending: 'Waiting to retry',
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

/** A length of time in its two largest units. */
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
  // Below a minute the tenths of a second would only flicker.
  const words = Math.abs(passed) < 60_000 ? `${Math.floor(Math.abs(passed) / 1_000)} s` : duration(Math.abs(passed));
  return passed < 0 ? `in ${words}` : `${words} ago`;
}
