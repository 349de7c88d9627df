/** Reading from the service, and again when something has changed. */

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

import { isAbort, isSignedOut, wordsFor } from './errors';
import { useSession } from './session';

export interface Loaded<T> {
  /** What was read last; it stays while there is something newer on its way. */
  readonly value: T | undefined;
  readonly error: string | undefined;
  readonly loading: boolean;
  /** Asks for a new reading. Many wishes within `pause` are one. */
  readonly refresh: () => void;
  /** Changes what is shown until the next reading. */
  readonly change: (change: (value: T) => T) => void;
}

interface State<T> {
  readonly value?: T;
  readonly error?: string | undefined;
  readonly loading: boolean;
}

/**
 * Reads at once when `key` changes, and at most once in `pause` milliseconds when a refresh is asked for: the service limits
 * the requests of a client.
 */
export function useLoaded<T>(key: string, load: (signal: AbortSignal) => Promise<T>, pause = 1_000): Loaded<T> {
  const { end } = useSession();
  const [state, set] = useState<State<T>>({ loading: true });
  const latest = useRef(load);
  latest.current = load;
  const wish = useRef<() => void>(() => undefined);

  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let [running, wanted, last] = [false, false, 0];
    const run = async () => {
      [running, wanted, last] = [true, false, performance.now()];
      set((before) => ({ ...before, loading: true }));
      try {
        const value = await latest.current(stop.signal);
        set({ value, loading: false });
      } catch (error) {
        if (!stop.signal.aborted && !isAbort(error)) {
          set((before) => ({ ...before, error: wordsFor(error), loading: false }));
          if (isSignedOut(error)) {
            end(wordsFor(error));
          }
        }
      }
      running = false;
      schedule();
    };
    const schedule = () => {
      if (wanted && !running && timer === undefined && !stop.signal.aborted) {
        timer = setTimeout(() => {
          timer = undefined;
          void run();
        }, Math.max(50, last + pause - performance.now()));
      }
    };
    wish.current = () => {
      wanted = true;
      schedule();
    };
    void run();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [key, pause, end]);

  const refresh = useCallback(() => wish.current(), []);
  const change = useCallback((change: (value: T) => T) => {
    set((before) => (before.value === undefined ? before : { ...before, value: change(before.value) }));
  }, []);
  return { value: state.value, error: state.error, loading: state.loading, refresh, change };
}

/** The time, again and again, so that ages grow. */
export function useNow(every = 1_000): number {
  const [now, set] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => set(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
