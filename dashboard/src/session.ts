/** Who is signed in: a token, what it allows, and the client that sends it. */

import { createClient } from '@keiyaku/sdk';
import type { Client } from '@keiyaku/sdk';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

/** The session storage is the tab's own and goes with it. */
const PLACE = 'keiyaku.token';

export interface Session {
  readonly client: Client;
  /** Whom the token names. */
  readonly subject: string;
  readonly scopes: ReadonlySet<string>;
  /** Ends the session; the reason is shown on the sign-in page. */
  readonly end: (reason?: string) => void;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) {
    throw new Error('There is no session here');
  }
  return session;
}

/** Whether the session may change jobs and queues. */
export function useMayWrite(): boolean {
  return useSession().scopes.has('jobs:write');
}

export function storedToken(): string | undefined {
  return sessionStorage.getItem(PLACE) ?? undefined;
}

export function storeToken(token: string | undefined): void {
  if (token === undefined) {
    sessionStorage.removeItem(PLACE);
  } else {
    sessionStorage.setItem(PLACE, token);
  }
}

/** What a token says of itself, without a check of its signature, which is the service's; undefined if it is no token. */
export function claimsOf(token: string): { subject: string; scopes: ReadonlySet<string> } | undefined {
  try {
    const base64 = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof claims !== 'object' || claims === null) {
      return undefined;
    }
    const { scope, sub } = claims as { scope?: unknown; sub?: unknown };
    const scopes = typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [];
    return { subject: typeof sub === 'string' ? sub : '', scopes: new Set(scopes) };
  } catch {
    return undefined;
  }
}

/** A client of the service that these pages come from. A request that can be repeated is, when the service is busy. */
export function clientWith(token: string): Client {
  return createClient({ baseUrl: location.origin, token, retry: { attempts: 3, longestWait: 5_000 } });
}
