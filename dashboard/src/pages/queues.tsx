import { listQueues, pauseQueue, resumeQueue, updateQueue } from '@keiyaku/sdk';
import type { Queue } from '@keiyaku/sdk';
import { useEffect, useState } from 'preact/hooks';

import { STATUS_NAMES, count } from '../format';
import { useJobEvents } from '../live';
import { useLoaded } from '../loaded';
import { useAction } from '../notices';
import { Page } from '../parts/frame';
import { Button, Failure } from '../parts/small';
import { useMayWrite, useSession } from '../session';

/** That a queue is paused elsewhere is told by no event, so it is read this often. */
const EVERY = 5_000;
const STATES = ['pending', 'processing', 'retry_pending', 'failed'] as const;

export function QueuesPage() {
  const { client } = useSession();
  const queues = useLoaded('queues', async (signal) => (await listQueues(client, { signal })).body.items);
  useJobEvents(queues.refresh);
  useEffect(() => {
    const timer = setInterval(queues.refresh, EVERY);
    return () => clearInterval(timer);
  }, [queues.refresh]);
  const put = (changed: Queue) => {
    queues.change((all) => all.map((queue) => (queue.name === changed.name ? changed : queue)));
    queues.refresh();
  };
  return (
    <Page title="Queues">
      <Failure text={queues.error} retry={queues.refresh} />
      {queues.value?.length === 0 && <p class="quiet">There is no queue yet: a queue exists as soon as a job names it.</p>}
      <ul class="queues" aria-busy={queues.loading && !queues.value}>
        {queues.value?.map((queue) => (
          <QueueCard key={queue.name} queue={queue} put={put} />
        ))}
      </ul>
    </Page>
  );
}

function QueueCard({ queue, put }: { queue: Queue; put: (queue: Queue) => void }) {
  const mayWrite = useMayWrite();
  const { client } = useSession();
  const { busy, run } = useAction();
  const { name, paused } = queue;
  const toggle = () =>
    run(async () => {
      const { body } = await (paused ? resumeQueue : pauseQueue)(client, { queue: name });
      put(body);
      return body.paused ? `Queue ${name} is paused: what runs finishes, new jobs wait.` : `Queue ${name} goes on.`;
    });
  return (
    <li class="card">
      <div class="card-head">
        <h2>{name}</h2>
        <span class={paused ? 'tag' : 'tag good'}>{paused ? 'paused' : 'active'}</span>
      </div>
      <dl class="counts">
        {STATES.map((state) => (
          <div key={state}>
            <dt>{STATUS_NAMES[state]}</dt>
            <dd>
              <a href={`/dashboard/jobs?status=${state}&queue=${encodeURIComponent(name)}`}>{count(queue[state])}</a>
            </dd>
          </div>
        ))}
      </dl>
      {mayWrite ? (
        <div class="actions">
          <Button off={busy} onClick={toggle} aria-label={`${paused ? 'Resume' : 'Pause'} queue ${name}`}>
            {paused ? 'Resume' : 'Pause'}
          </Button>
          <Limit queue={queue} put={put} />
        </div>
      ) : (
        <p class="quiet">At most {queue.max_running ?? 'any number'} at a time</p>
      )}
    </li>
  );
}

function Limit({ queue, put }: { queue: Queue; put: (queue: Queue) => void }) {
  const { client } = useSession();
  const { busy, run } = useAction();
  const stored = queue.max_running === null ? '' : String(queue.max_running);
  const [text, setText] = useState(stored);
  // Somebody else may set it, too.
  useEffect(() => setText(stored), [stored]);
  const submit = (event: Event) => {
    event.preventDefault();
    const max_running = text === '' ? null : Number(text);
    void run(async () => {
      const { body } = await updateQueue(client, { queue: queue.name, body: { max_running } });
      put(body);
      return `Queue ${queue.name} runs ${max_running === null ? 'any number of jobs' : `at most ${max_running}`} at a time.`;
    });
  };
  return (
    <form class="limit" onSubmit={submit}>
      <label>
        At most{' '}
        <input
          type="number"
          min={1}
          max={2147483647}
          step={1}
          value={text}
          placeholder="any"
          onInput={(event) => setText(event.currentTarget.value)}
          aria-label={`Most jobs of queue ${queue.name} at a time; empty for any number`}
        />{' '}
        at a time
      </label>
      <Button type="submit" off={busy || text === stored} aria-label={`Set the limit of queue ${queue.name}`}>
        Set
      </Button>
    </form>
  );
}
