import type { Problem, Violation } from './models.js';

/** An answer that is an error. Failures of the network are not: they stay what `fetch` throws. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  /**
   * `problem`: the service answered with a problem document. `unexpected`: the answer is none that the contract has,
   * from a proxy for instance; `problem` then says what is known.
   */
  readonly kind: 'problem' | 'unexpected';
  readonly problem: Problem;
  /** The answer as `fetch` gave it, for its headers; the body has been read. */
  readonly response: Response;

  constructor(response: Response, problem?: Problem) {
    const known = problem ?? unexpected(response);
    super(known.error);
    this.status = response.status;
    this.kind = problem ? 'problem' : 'unexpected';
    this.problem = known;
    this.response = response;
  }

  /** What is wrong at a JSON Pointer, such as `/email`: in the body, or in `query`, `header` or `path`. */
  violations(pointer: string, place: Violation['in'] = 'body'): Violation[] {
    return (this.problem.errors ?? []).filter((violation) => violation.in === place && violation.pointer === pointer);
  }
}

/** Reads an answer that is none of an operation's own. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const text = await response.text();
  if (!/^application\/problem\+json\b/i.test(response.headers.get('Content-Type') ?? '')) {
    return new ProblemError(response);
  }
  return new ProblemError(response, parsed(text, response) as Problem);
}

/** Parses a body that should be JSON. */
export function parsed(text: string, response: Response): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProblemError(response);
  }
}

function unexpected(response: Response): Problem {
  const { status, statusText, url } = response;
  return {
    type: 'about:blank',
    title: statusText || `Status ${status}`,
    status,
    detail: 'The answer is none that the contract has.',
    instance: url,
    error: `Unexpected answer: ${status} ${statusText}`.trim(),
    request_id: response.headers.get('X-Request-Id') ?? '',
  };
}
