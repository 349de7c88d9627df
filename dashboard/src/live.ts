/** The stream of job events, one for all pages. */

import { streamJobEvents } from '@keiyaku/sdk';
import type { Client, Job } from '@keiyaku/sdk';
import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';

export type Connection = 'connecting' | 'live' | 'reconnecting';

/** A job that has changed; undefined when anything may have changed, so that all has to be read again. */
type Listener = (job: Job | undefined) => void;

/** Follows the jobs and tells the pages. */
export class Live {
  connection: Connection = 'connecting';
  readonly #listeners = new Set<Listener>();
  readonly #watchers = new Set<() => void>();
  readonly #stop = new AbortController();

  /** `failed` hears of what no new connection would change, such as a token that has expired. */
  constructor(client: Client, failed: (error: unknown) => void) {
    this.#run(client).catch((error: unknown) => this.#stop.signal.aborted || failed(error));
  }

  async #run(client: Client): Promise<void> {
    const options = {
      signal: this.#stop.signal,
      onState: ({ state }: { state: string }) => {
        if (state === 'open') {
          this.#set('live');
          // What changed before the stream was open, and what it does not tell of, such as a queue that was paused.
          this.#tell(undefined);
        } else if (state === 'waiting') {
          this.#set('reconnecting');
        }
      },
    };
    for await (const event of streamJobEvents(client, {}, options)) {
      this.#tell(event.event === 'job' ? event.data : undefined);
    }
  }

  #set(connection: Connection): void {
    this.connection = connection;
    this.#watchers.forEach((watcher) => watcher());
  }

  #tell(job: Job | undefined): void {
    this.#listeners.forEach((listener) => listener(job));
  }

  follow(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  close(): void {
    this.#stop.abort();
  }
}

export const LiveContext = createContext<Live | undefined>(undefined);

/** Calls the listener, always its latest form, for every change. */
export function useJobEvents(listener: Listener): void {
  const live = useContext(LiveContext);
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => live?.follow((job) => latest.current(job)), [live]);
}

export function useConnection(): Connection {
  const live = useContext(LiveContext);
  const [connection, set] = useState<Connection>(live?.connection ?? 'connecting');
  useEffect(() => {
    set(live?.connection ?? 'connecting');
    return live?.watch(() => set(live.connection));
  }, [live]);
  return connection;
}
