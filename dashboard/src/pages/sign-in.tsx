import { getJobStats } from '@keiyaku/sdk';
import { useEffect, useRef, useState } from 'preact/hooks';

import { wordsFor } from '../errors';
import { Button } from '../parts/small';
import { claimsOf, clientWith } from '../session';

/** Asks for a token, and hands it over once the service has accepted it. */
export function SignIn({ reason, accepted }: { reason: string | undefined; accepted: (token: string) => void }) {
  const [error, setError] = useState(reason);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Sign in · Keiyaku';
    field.current?.focus();
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    // What is copied from a terminal often has the name of the variable before it, or `Bearer`.
    const token = (field.current?.value ?? '').trim().replace(/^(TOKEN=|Bearer\s+)/i, '');
    setBusy(true);
    const refused = await refusal(token);
    setBusy(false);
    setError(refused);
    if (refused === undefined) {
      accepted(token);
    } else {
      field.current?.focus();
    }
  };
  return (
    <main class="sign-in">
      <h1>Keiyaku</h1>
      <form onSubmit={submit} aria-busy={busy}>
        <label for="token">Token</label>
        <input
          id="token"
          ref={field}
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          aria-describedby="token-help token-error"
          aria-invalid={error !== undefined}
        />
        <p id="token-help" class="quiet">
          A token with the scope <code>jobs:read</code>, and <code>jobs:write</code> to change something.{' '}
          <code>make run</code> prints one; so does <code>keiyaku token --scope "jobs:read jobs:write"</code>. It is kept
          for this tab alone.
        </p>
        <p id="token-error" class="error-text" role="alert">
          {error}
        </p>
        <Button type="submit" class="main" off={busy}>
          {busy ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
    </main>
  );
}

/** Why a token is of no use here; undefined if it is. */
async function refusal(token: string): Promise<string | undefined> {
  const claims = claimsOf(token);
  if (!claims) {
    return 'This is no token: it should be three parts with dots between them.';
  }
  if (!claims.scopes.has('jobs:read')) {
    const scopes = claims.scopes.size === 0 ? 'no scope' : `only ${[...claims.scopes].join(', ')}`;
    return `This token has ${scopes}; the dashboard needs jobs:read.`;
  }
  return getJobStats(clientWith(token)).then(() => undefined, wordsFor);
}
