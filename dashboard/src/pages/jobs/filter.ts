/** What the list of jobs is narrowed down to. It stands in the page's address, so that it can be kept and handed on. */

import type { JobStatus, JobsToCancel, JobsToCancelStatus, JobsToRetry, JobsToRetryStatus, ListJobsOrder } from '@keiyaku/sdk';

import { STATUSES } from '../../format';

export interface Filter {
  readonly status: JobStatus | undefined;
  readonly job_type: string | undefined;
  readonly queue: string | undefined;
  readonly text: string | undefined;
  readonly order: ListJobsOrder;
}

export function filterOf(query: Record<string, string>): Filter {
  return {
    status: STATUSES.find((status) => status === query['status']),
    job_type: query['job_type'] || undefined,
    queue: query['queue'] || undefined,
    text: query['text'] || undefined,
    order: query['order'] === 'oldest' ? 'oldest' : 'newest',
  };
}

export function addressOf({ order, ...filter }: Filter): string {
  const given = Object.entries(filter).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const query = new URLSearchParams(order === 'oldest' ? [...given, ['order', order]] : given).toString();
  return `/dashboard/jobs${query ? `?${query}` : ''}`;
}

const TO_RETRY: readonly JobsToRetryStatus[] = ['failed', 'cancelled'];
const TO_CANCEL: readonly JobsToCancelStatus[] = ['pending', 'processing', 'retry_pending'];

export function canRetry(status: JobStatus): status is JobsToRetryStatus {
  return TO_RETRY.some((one) => one === status);
}

export function canCancel(status: JobStatus): status is JobsToCancelStatus {
  return TO_CANCEL.some((one) => one === status);
}

/**
 * What the operations on many jobs are told for all that match; undefined where they cannot say it: they know no text, and
 * want at least one condition.
 */
export function toRetry(filter: Filter): JobsToRetry | undefined {
  const { status, ...rest } = filter;
  return whole(rest) && (status === undefined || canRetry(status)) ? condition(rest, status) : undefined;
}

export function toCancel(filter: Filter): JobsToCancel | undefined {
  const { status, ...rest } = filter;
  return whole(rest) && (status === undefined || canCancel(status)) ? condition(rest, status) : undefined;
}

type Rest = Omit<Filter, 'status'>;

function whole({ text }: Rest): boolean {
  return text === undefined;
}

function condition<Status>({ job_type, queue }: Rest, status: Status | undefined) {
  const given = status !== undefined || job_type !== undefined || queue !== undefined;
  return given ? { status, job_type, queue } : undefined;
}
