/** Small parts that several pages use. */

import type { JobStatus } from '@keiyaku/sdk';
import type { ButtonHTMLAttributes, ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

import { STATUS_NAMES, ago, time } from '../format';

export function Status({ status }: { status: JobStatus }) {
  return <span class={`status ${status}`}>{STATUS_NAMES[status]}</span>;
}

interface ButtonProps extends ButtonHTMLAttributes {
  /** Whether it does nothing now. */
  readonly off?: boolean;
  readonly onClick?: () => void;
}

/** A button that keeps the focus when it can do nothing: the browser takes it from one that is disabled. */
export function Button({ off = false, onClick, type = 'button', ...others }: ButtonProps) {
  const click = (event: Event) => {
    if (off) {
      event.preventDefault();
    } else {
      onClick?.();
    }
  };
  return <button type={type} aria-disabled={off} onClick={click} {...others} />;
}

/** How long ago something was; the time itself for those who point at it or listen. */
export function Ago({ at, now }: { at: string; now: number }) {
  return (
    <time dateTime={at} title={time(at)}>
      {ago(at, now)}
    </time>
  );
}

export function Progress({ percent, note, label }: { percent: number | null; note: string | null; label: string }) {
  if (percent === null && note === null) {
    return null;
  }
  return (
    <span class="progress">
      {percent === null ? null : <progress max={100} value={percent} aria-label={label} />}
      <span>{[percent === null ? '' : `${percent} %`, note ?? ''].filter(Boolean).join(' · ')}</span>
    </span>
  );
}

/** What went wrong when the page was read. */
export function Failure({ text, retry }: { text: string | undefined; retry: () => void }) {
  if (text === undefined) {
    return null;
  }
  return (
    <p class="failure" role="alert">
      <span>{text}</span>
      <button type="button" onClick={retry}>
        Try again
      </button>
    </p>
  );
}

/** A part of a page with a heading. */
export function Section({ title, aside, children }: { title: string; aside?: ComponentChildren; children: ComponentChildren }) {
  const id = useId();
  return (
    <section class="card" aria-labelledby={id}>
      <div class="card-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** A table that scrolls by itself where it is too wide, by keyboard too. */
export function Wide({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="wide" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
