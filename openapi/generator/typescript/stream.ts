import { backoff, exchange, prepare, retryAfter, sleep } from './client.js';
import type { Call, Client, RequestOptions } from './client.js';
import { EventParser } from './events.js';
import { ProblemError, problemOf } from './problem.js';

/** An event of a stream. `id` is what to go on from: pass it as `last_event_id`. */
export interface ServerEvent<Name extends string, Data> {
  readonly event: Name;
  readonly id: string;
  readonly data: Data;
}

/** Where a stream is. */
export type StreamState =
  | { readonly state: 'connecting' }
  | { readonly state: 'open' }
  /** The connection has ended, for `reason` unless it just did; the next try is in `delay` milliseconds. */
  | { readonly state: 'waiting'; readonly delay: number; readonly reason: unknown };

/** What a stream has beside the parameters of its operation. */
export interface StreamOptions extends RequestOptions {
  /** Is told of every change of the connection. */
  onState?: ((state: StreamState) => void) | undefined;
  /**
   * After how many milliseconds without a sign of the server, not even a comment, a connection is given up for another.
   * The default is 60 000; choose more than the server's own silence.
   */
  silence?: number | undefined;
}

/** What the server wants to pass between two connections, until it says otherwise. */
const RETRY = 1_000;
const LONGEST_WAIT = 30_000;

/**
 * The events of a stream, across connections: a new one goes on after the last event. Ends when the signal is aborted;
 * throws what no new connection would change, such as 403.
 *
 * @param names The events that are given out, their data parsed as JSON; without it all of them, their data as text.
 */
export async function* follow<Event>(
  client: Client,
  options: StreamOptions = {},
  call: Call,
  names?: readonly string[],
): AsyncGenerator<Event, void, undefined> {
  let lastId = call.headers?.['Last-Event-ID'];
  let [retry, failures] = [RETRY, 0];
  while (!options.signal?.aborted) {
    const parser = new EventParser(lastId === undefined ? '' : String(lastId));
    let reason: unknown;
    try {
      options.onState?.({ state: 'connecting' });
      const headers = { ...call.headers, Accept: 'text/event-stream', 'Last-Event-ID': lastId };
      for await (const piece of pieces(client, options, { ...call, headers })) {
        failures = 0;
        for (const event of parser.feed(piece)) {
          lastId = event.id || lastId;
          if (!names || names.includes(event.event)) {
            yield (names ? { ...event, data: JSON.parse(event.data) } : event) as Event;
          }
        }
        lastId = parser.lastEventId || lastId;
      }
    } catch (error) {
      if (!options.signal?.aborted && !passes(error)) {
        throw error;
      }
      reason = error;
    }
    if (!options.signal?.aborted) {
      retry = parser.retry ?? retry;
      failures += 1;
      const asked = reason instanceof ProblemError ? retryAfter(reason.response) : undefined;
      const delay = asked ?? (failures === 1 ? retry : backoff(retry, failures, Math.max(retry, LONGEST_WAIT)));
      options.onState?.({ state: 'waiting', delay, reason });
      // When the signal is aborted the loop ends.
      await sleep(delay, options.signal).catch(() => undefined);
    }
  }
}

/** The bytes of one connection. */
async function* pieces(client: Client, options: StreamOptions, call: Call): AsyncGenerator<Uint8Array> {
  const connection = new AbortController();
  const abort = () => connection.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', abort);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watch = () => {
    timer = setTimeout(() => connection.abort(new TypeError('The stream is silent')), options.silence ?? 60_000);
  };
  try {
    watch();
    const request = await prepare(client, { ...options, signal: connection.signal }, call);
    const response = await exchange(client, request);
    const isStream = /^text\/event-stream\b/i.test(response.headers.get('Content-Type') ?? '');
    if (response.status !== 200 || !isStream || !response.body) {
      throw await problemOf(response);
    }
    options.onState?.({ state: 'open' });
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      clearTimeout(timer);
      if (done) {
        return;
      }
      yield value;
      // A reader that takes its time is not the server's silence, so the watch is kept only while waiting for it.
      watch();
    }
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
    connection.abort();
  }
}

/** Whether another connection may go better: the network failed, or the server is overloaded or away. */
function passes(error: unknown): boolean {
  return error instanceof ProblemError ? error.status === 429 || error.status >= 500 : error instanceof TypeError;
}
