import { ProblemError, problemOf } from './problem.js';

/** How a client is made: see {@link createClient}. */
export interface ClientOptions {
  /** Where the service is, such as `https://api.example.com`. */
  baseUrl: string | URL;
  /**
   * The bearer token, or a function that gives it, which is called before each request.
   * It is sent to the operations that want one, and to no other.
   */
  token?: Token | undefined;
  /** Used instead of the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
  /** Sent with every request. */
  headers?: Record<string, string> | undefined;
  /** Repeats what failed and can be repeated safely. Without it nothing is repeated. */
  retry?: Retry | undefined;
}

/** A bearer token, or where to get one. */
export type Token = string | (() => string | Promise<string>);

/**
 * When to try again: a GET, or a request with an `Idempotency-Key`, after a network failure and after 429 and 503 with
 * `Retry-After`, which is honoured.
 */
export interface Retry {
  /** How often a request is sent at most, the first time included. */
  attempts: number;
  /** The longest wait in milliseconds. When the service asks for more, the error is thrown. The default is 30 000. */
  longestWait?: number | undefined;
}

/** What every operation takes as its first argument. */
export interface Client extends ClientOptions {
  readonly baseUrl: string;
}

/** What one request has beside the parameters of its operation. */
export interface RequestOptions {
  /** Gives the request up. */
  signal?: AbortSignal | undefined;
  /** Sent with this request; they replace those of the client. */
  headers?: Record<string, string> | undefined;
}

/** One of the answers that the contract has for an operation; `status` tells them apart. */
export interface Answer<Status extends number, Body, Headers> {
  readonly status: Status;
  readonly body: Body;
  /** The headers that the contract names. */
  readonly headers: Headers;
  /** The answer as `fetch` gave it, with all its headers; the body has been read. */
  readonly response: Response;
}

/** An operation's request, as the generated functions describe it. */
export interface Call {
  method: string;
  path: string;
  secured?: boolean;
  /** Pairs that are encoded already. */
  query?: string[][];
  headers?: Record<string, string | number | boolean | undefined>;
  media?: string;
  body?: unknown;
}

/** How the answers of an operation are read, by status. */
export type Answers = Record<number, [read: (response: Response) => Promise<unknown>, headers?: HeaderReaders]>;

type HeaderReaders = Record<string, [name: string, convert: (text: string) => unknown]>;

/** Makes a client. It holds no connection and nothing else that has to be closed. */
export function createClient(options: ClientOptions): Client {
  return { ...options, baseUrl: String(options.baseUrl).replace(/\/+$/, '') };
}

/** Sends a request and reads the answer; throws a {@link ProblemError} for one that the contract calls a problem. */
export async function send<A>(client: Client, options: RequestOptions = {}, call: Call, answers: Answers): Promise<A> {
  const request = await prepare(client, options, call);
  const repeatable = call.method === 'GET' || request.headers.has('Idempotency-Key');
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await read(await exchange(client, request), answers)) as A;
    } catch (error) {
      const wait = repeatable && client.retry ? waitAfter(error, attempt, client.retry) : undefined;
      if (wait === undefined) {
        throw error;
      }
      await sleep(wait, options.signal);
    }
  }
}

async function read(response: Response, answers: Answers): Promise<unknown> {
  const { status } = response;
  const answer = answers[status];
  if (!answer) {
    throw await problemOf(response);
  }
  const headers: Record<string, unknown> = {};
  for (const [key, [name, convert]] of Object.entries(answer[1] ?? {})) {
    const text = response.headers.get(name);
    if (text !== null) {
      headers[key] = convert(text);
    }
  }
  return { status, body: await answer[0](response), headers, response };
}

/** What `fetch` is called with. */
export interface Prepared extends RequestInit {
  url: string;
  headers: Headers;
}

/** Puts a request together. Done once, so that an error in it is not taken for one of the network and repeated. */
export async function prepare(client: Client, options: RequestOptions, call: Call): Promise<Prepared> {
  const query = call.query?.flat().join('&');
  const headers = new Headers(client.headers);
  const set = (name: string, value: unknown) => value !== undefined && headers.set(name, String(value));
  set('Content-Type', call.media);
  for (const [name, value] of Object.entries({ ...call.headers, ...options.headers })) {
    set(name, value);
  }
  if (call.secured) {
    const token = typeof client.token === 'function' ? await client.token() : client.token;
    set('Authorization', token ? `Bearer ${token}` : undefined);
  }
  return {
    url: client.baseUrl + call.path + (query ? `?${query}` : ''),
    method: call.method,
    headers,
    body: call.body === undefined ? null : JSON.stringify(call.body),
    signal: options.signal ?? null,
  };
}

/** Calls `fetch`, apart from the client: a browser's refuses to be called as the method of another object. */
export function exchange(client: Client, { url, ...init }: Prepared): Promise<Response> {
  const fetch = client.fetch ?? globalThis.fetch;
  return fetch(url, init);
}

/** How many milliseconds to wait before the next try; undefined if there is to be none. */
function waitAfter(error: unknown, attempt: number, retry: Retry): number | undefined {
  if (attempt >= retry.attempts) {
    return undefined;
  }
  const longest = retry.longestWait ?? 30_000;
  if (error instanceof ProblemError) {
    const wait = [429, 503].includes(error.status) ? retryAfter(error.response) : undefined;
    return wait !== undefined && wait <= longest ? wait : undefined;
  }
  // It is what `fetch` throws for every failure of the network.
  return error instanceof TypeError ? backoff(200, attempt, longest) : undefined;
}

/** The milliseconds that `Retry-After` asks for, in seconds or as a date. */
export function retryAfter(response: Response): number | undefined {
  const text = response.headers.get('Retry-After') ?? '';
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(wait, 0);
}

/** Twice as long with each try, and up to half of it less, so that many clients do not come back at once. */
export function backoff(first: number, attempt: number, longest: number): number {
  return Math.min(first * 2 ** (attempt - 1), longest) * (1 - Math.random() / 2);
}

/** Waits; rejects with the signal's reason as soon as that is aborted. */
export function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
