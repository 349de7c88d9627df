import type { ComponentChildren } from 'preact';
import { useLocation } from 'preact-iso';
import { useEffect, useRef } from 'preact/hooks';

import { useConnection } from '../live';
import { useMayWrite, useSession } from '../session';

const LINKS = [
  ['/dashboard', 'Overview'],
  ['/dashboard/jobs', 'Jobs'],
  ['/dashboard/queues', 'Queues'],
] as const;

const CONNECTIONS = { connecting: 'Connecting…', live: 'Live', reconnecting: 'Reconnecting…' } as const;

/** What is around every page. */
export function Frame({ children }: { children: ComponentChildren }) {
  const { subject, end } = useSession();
  const mayWrite = useMayWrite();
  const { path } = useLocation();
  const isHere = (link: string) => (link === '/dashboard' ? path.replace(/\/$/, '') === link : path.startsWith(link));
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <strong class="brand">Keiyaku</strong>
        <nav aria-label="Pages">
          {LINKS.map(([link, name]) => (
            <a key={link} href={link} aria-current={isHere(link) ? 'page' : undefined}>
              {name}
            </a>
          ))}
          <a href="/docs">API docs</a>
        </nav>
        <div class="who">
          <ConnectionState />
          <span class="quiet subject">
            {subject}
            {mayWrite ? '' : ' (read only)'}
          </span>
          <button type="button" onClick={() => end()}>
            Sign out
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

function ConnectionState() {
  const connection = useConnection();
  return (
    <span class={`connection ${connection}`} role="status">
      {CONNECTIONS[connection]}
    </span>
  );
}

/** The first page of a visit leaves the focus where the browser has it. */
let visited = false;

/** One page: its title is the document's, and takes the focus, so that a screen reader says where we are. */
export function Page({ title, children }: { title: string; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Keiyaku`;
  }, [title]);
  useEffect(() => {
    if (visited) {
      heading.current?.focus();
    }
    visited = true;
  }, []);
  return (
    <div class="page">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  );
}
