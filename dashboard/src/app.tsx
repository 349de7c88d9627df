import type { Client } from '@keiyaku/sdk';
import { LocationProvider, Route, Router } from 'preact-iso';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';

import { isSignedOut, wordsFor } from './errors';
import { Live, LiveContext } from './live';
import { NoticesProvider } from './notices';
import { JobPage } from './pages/job';
import { JobsPage } from './pages/jobs';
import { OverviewPage } from './pages/overview';
import { QueuesPage } from './pages/queues';
import { SignIn } from './pages/sign-in';
import { Frame, Page } from './parts/frame';
import { SessionContext, claimsOf, clientWith, storeToken, storedToken } from './session';

/** The whole: the sign-in, or the pages inside of a session. */
export function App() {
  const [token, setToken] = useState(storedToken);
  const [reason, setReason] = useState<string>();
  const end = useCallback((why?: string) => {
    storeToken(undefined);
    setReason(why);
    setToken(undefined);
  }, []);
  const begin = (accepted: string) => {
    storeToken(accepted);
    setReason(undefined);
    setToken(accepted);
  };
  const session = useMemo(() => {
    const claims = token === undefined ? undefined : claimsOf(token);
    return token !== undefined && claims ? { ...claims, client: clientWith(token), end } : undefined;
  }, [token, end]);
  const live = useLive(session?.client, end);
  if (!session) {
    return <SignIn reason={reason} accepted={begin} />;
  }
  return (
    <SessionContext.Provider value={session}>
      <LiveContext.Provider value={live}>
        <LocationProvider scope="/dashboard">
          <NoticesProvider>
            <Frame>
              <Router>
                <Route path="/dashboard" component={OverviewPage} />
                <Route path="/dashboard/jobs" component={JobsPage} />
                <Route path="/dashboard/jobs/:id" component={JobPage} />
                <Route path="/dashboard/queues" component={QueuesPage} />
                <Route default component={NoSuchPage} />
              </Router>
            </Frame>
          </NoticesProvider>
        </LocationProvider>
      </LiveContext.Provider>
    </SessionContext.Provider>
  );
}

/**
 * The stream of events of a session, while the tab is seen: over HTTP/1.1 a browser has six connections to a service, and
 * as many forgotten tabs would keep all of them.
 */
function useLive(client: Client | undefined, end: (why?: string) => void): Live | undefined {
  const [live, set] = useState<Live>();
  const visible = useVisible();
  useEffect(() => {
    if (!client || !visible) {
      set(undefined);
      return undefined;
    }
    const opened = new Live(client, (error) => {
      end(isSignedOut(error) ? wordsFor(error) : `The stream of events ended: ${wordsFor(error)}`);
    });
    set(opened);
    return () => opened.close();
  }, [client, end, visible]);
  return live;
}

function useVisible(): boolean {
  const [visible, set] = useState(!document.hidden);
  useEffect(() => {
    const changed = () => set(!document.hidden);
    document.addEventListener('visibilitychange', changed);
    return () => document.removeEventListener('visibilitychange', changed);
  }, []);
  return visible;
}

function NoSuchPage() {
  return (
    <Page title="No such page">
      <p>
        There is nothing here. <a href="/dashboard">To the overview</a>
      </p>
    </Page>
  );
}
