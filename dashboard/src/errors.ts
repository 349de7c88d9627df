/** What has gone wrong, in words for the operator. */

import { ProblemError } from '@keiyaku/sdk';

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** Whether the token opens nothing any more. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ProblemError && error.status === 401;
}

export function wordsFor(error: unknown): string {
  if (!(error instanceof ProblemError)) {
    return error instanceof TypeError ? 'The service cannot be reached.' : `Something went wrong here: ${String(error)}`;
  }
  const { problem, status } = error;
  const request = problem.request_id ? ` (request ${problem.request_id})` : '';
  switch (status) {
    case 401:
      return 'The service does not accept this token: it may have expired.';
    case 403:
      return 'This token does not allow that.';
    case 429:
      return 'The service asks for fewer requests; try again in a moment.';
    case 400:
      return [problem.error, ...(problem.errors ?? []).map(({ message }) => message)].join(': ');
    case 404:
    case 409:
      return problem.error;
    default:
      return `${problem.error}${request}`;
  }
}
