/** What has come of the operator's actions, shown and read out. */

import { createContext } from 'preact';
import type { ComponentChildren } from 'preact';
import { useCallback, useContext, useMemo, useState } from 'preact/hooks';

import { isSignedOut, wordsFor } from './errors';
import { useSession } from './session';

interface Notice {
  readonly id: number;
  readonly text: string;
  readonly bad: boolean;
}

interface Notices {
  readonly say: (text: string) => void;
  readonly fail: (error: unknown) => void;
}

const Context = createContext<Notices>({ say: () => undefined, fail: () => undefined });
/** How long good news stays; bad news stays until it is put away. */
const STAYS = 6_000;

export function useNotices(): Notices {
  return useContext(Context);
}

export function NoticesProvider({ children }: { children: ComponentChildren }) {
  const { end } = useSession();
  const [shown, set] = useState<readonly Notice[]>([]);
  const remove = useCallback((id: number) => set((all) => all.filter((notice) => notice.id !== id)), []);
  const notices = useMemo(() => {
    let last = 0;
    const add = (text: string, bad: boolean) => {
      const id = (last += 1);
      set((all) => [...all.slice(-2), { id, text, bad }]);
      if (!bad) {
        setTimeout(() => remove(id), STAYS);
      }
    };
    const fail = (error: unknown) => (isSignedOut(error) ? end(wordsFor(error)) : add(wordsFor(error), true));
    return { say: (text: string) => add(text, false), fail };
  }, [end, remove]);
  return (
    <Context.Provider value={notices}>
      {children}
      <div class="notices" role="status" aria-live="polite">
        {shown.map(({ id, text, bad }) => (
          <p key={id} class={bad ? 'notice bad' : 'notice'}>
            <span>{text}</span>
            <button type="button" class="plain" onClick={() => remove(id)} aria-label={`Put away: ${text}`}>
              ×
            </button>
          </p>
        ))}
      </div>
    </Context.Provider>
  );
}

/** Runs an action and says what came of it; `busy` while it runs. */
export function useAction(): { busy: boolean; run: (action: () => Promise<string>) => Promise<void> } {
  const { say, fail } = useNotices();
  const [busy, setBusy] = useState(false);
  const run = async (action: () => Promise<string>) => {
    setBusy(true);
    await action().then(say, fail);
    setBusy(false);
  };
  return { busy, run };
}
