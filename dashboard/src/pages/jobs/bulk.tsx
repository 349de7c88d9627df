import { cancelJobs, retryJobs } from '@keiyaku/sdk';
import type { Client, Job, JobsChanged, JobsToCancel, JobsToRetry } from '@keiyaku/sdk';
import { useRef, useState } from 'preact/hooks';

import { STATUS_NAMES, plural } from '../../format';
import { useAction } from '../../notices';
import { Button } from '../../parts/small';
import { useSession } from '../../session';
import { canCancel, canRetry, toCancel, toRetry } from './filter';
import type { Filter } from './filter';

interface Wish {
  readonly kind: 'retry' | 'cancel';
  readonly which: JobsToRetry | JobsToCancel;
  /** Which jobs, in words. */
  readonly words: string;
}

interface Props {
  readonly jobs: readonly Job[];
  readonly selected: ReadonlySet<number>;
  readonly filter: Filter;
  readonly done: () => void;
}

/** Retry and cancel, for the jobs that are selected and for all that the filter lets through. */
export function Bulk({ jobs, selected, filter, done }: Props) {
  const { client } = useSession();
  const { busy, run } = useAction();
  const [asked, ask] = useState<Wish>();
  const chosen = jobs.filter(({ id }) => selected.has(id));
  const start = (wish: Wish) =>
    run(async () => {
      const result = await changeAll(client, wish);
      done();
      return outcome(wish, result);
    });
  const ids = chosen.map(({ id }) => id);
  const words = plural(chosen.length, 'selected job');
  const [retryAll, cancelAll] = [toRetry(filter), toCancel(filter)];
  return (
    <div class="bulk">
      <span class="quiet" aria-live="polite">
        {chosen.length} selected
      </span>
      <Button
        off={busy || !chosen.some(({ status }) => canRetry(status))}
        onClick={() => start({ kind: 'retry', which: { ids }, words })}
      >
        Retry selected
      </Button>
      <Button
        class="danger"
        off={busy || !chosen.some(({ status }) => canCancel(status))}
        onClick={() => start({ kind: 'cancel', which: { ids }, words })}
      >
        Cancel selected
      </Button>
      {retryAll && (
        <Button off={busy} onClick={() => ask({ kind: 'retry', which: retryAll, words: described(filter) })}>
          Retry all that match…
        </Button>
      )}
      {cancelAll && (
        <Button
          class="danger"
          off={busy}
          onClick={() => ask({ kind: 'cancel', which: cancelAll, words: described(filter) })}
        >
          Cancel all that match…
        </Button>
      )}
      {asked && <Confirm wish={asked} close={() => ask(undefined)} confirmed={() => start(asked)} />}
    </div>
  );
}

/** Does the same again until all are changed: one request has only so much time. */
async function changeAll(client: Client, { kind, which }: Wish): Promise<JobsChanged> {
  let all = { changed: 0, skipped: 0 };
  for (;;) {
    const { body } =
      kind === 'retry'
        ? await retryJobs(client, { body: which as JobsToRetry })
        : await cancelJobs(client, { body: which as JobsToCancel });
    // Those that were passed over are met again by the next request.
    all = { changed: all.changed + body.changed, skipped: body.skipped };
    if (!body.more || body.changed === 0) {
      return { ...all, more: body.more };
    }
  }
}

function outcome({ kind }: Wish, { changed, skipped, more }: JobsChanged): string {
  const verb = kind === 'retry' ? (changed === 1 ? 'waits to run again' : 'wait to run again') : changed === 1 ? 'is cancelled' : 'are cancelled';
  const rest = skipped > 0 ? `; ${skipped} stay as they are, because others have their unique key` : '';
  return `${plural(changed, 'job')} ${verb}${rest}${more ? '; some are left, do it again' : ''}.`;
}

function described({ status, job_type, queue }: Filter): string {
  const parts = [
    status && `in the state “${STATUS_NAMES[status]}”`,
    job_type && `of the type ${job_type}`,
    queue && `in the queue ${queue}`,
  ];
  return `all jobs ${parts.filter(Boolean).join(' ')}, also those on other pages`;
}

/** Asks before many jobs are changed at once. */
function Confirm({ wish, close, confirmed }: { wish: Wish; close: () => void; confirmed: () => void }) {
  const opened = useRef<HTMLDialogElement | undefined>(undefined);
  const open = (dialog: HTMLDialogElement | null) => {
    if (dialog && opened.current !== dialog) {
      opened.current = dialog;
      dialog.showModal();
    }
  };
  const name = wish.kind === 'retry' ? 'Retry' : 'Cancel';
  return (
    <dialog ref={open} onClose={close} aria-labelledby="confirm-title">
      <h2 id="confirm-title">{name} all that match?</h2>
      <p>
        {name} {wish.words}.
      </p>
      <form method="dialog" class="actions">
        <button type="submit">Leave them</button>
        <button type="submit" class={wish.kind === 'cancel' ? 'danger' : 'main'} onClick={confirmed}>
          {name} all
        </button>
      </form>
    </dialog>
  );
}
