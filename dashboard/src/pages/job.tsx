import { cancelJob, getJob, retryJob } from '@keiyaku/sdk';
import type { Job, JobAttempt } from '@keiyaku/sdk';
import { useRoute } from 'preact-iso';
import { useRef } from 'preact/hooks';

import { duration, plural, time } from '../format';
import { useJobEvents } from '../live';
import { useLoaded, useNow } from '../loaded';
import { useAction } from '../notices';
import { Page } from '../parts/frame';
import { Ago, Button, Failure, Progress, Section, Status, Wide } from '../parts/small';
import { useMayWrite, useSession } from '../session';

export function JobPage() {
  const { client } = useSession();
  const id = Number(useRoute().params['id']);
  const job = useLoaded(`job ${id}`, async (signal) => (await getJob(client, { job_id: id }, { signal })).body, 300);
  useJobEvents((changed) => {
    if (changed === undefined || changed.id === id) {
      // An event has no attempts; those that there were stay until they are read again.
      job.change((before) => ({ ...before, ...changed }));
      job.refresh();
    }
  });
  const put = (changed: Job) => {
    job.change((before) => ({ ...before, ...changed }));
    job.refresh();
  };
  return (
    <Page title={`Job ${id}`}>
      <p>
        <a href="/dashboard/jobs">All jobs</a>
      </p>
      <Failure text={job.error} retry={job.refresh} />
      {job.value?.id === id && <Whole job={job.value} put={put} />}
    </Page>
  );
}

function Whole({ job, put }: { job: Job; put: (job: Job) => void }) {
  return (
    <>
      <Section title={job.job_type} aside={<Actions job={job} put={put} />}>
        <p class="state" aria-live="polite">
          <Status status={job.status} />
          {job.status === 'processing' && (
            <Progress percent={job.progress} note={job.progress_note} label={`Progress of job ${job.id}`} />
          )}
        </p>
        {job.error_message !== null && (
          <div class="error-box">
            <h3>Last error</h3>
            <pre>{job.error_message}</pre>
          </div>
        )}
        <Facts job={job} />
      </Section>
      <Section title="Payload">
        <Json value={job.payload} label="Payload" />
      </Section>
      {job.output !== null && (
        <Section title="Output">
          <Json value={job.output} label="Output" />
        </Section>
      )}
      <Attempts attempts={job.attempts ?? []} />
    </>
  );
}

function Actions({ job, put }: { job: Job; put: (job: Job) => void }) {
  const { client } = useSession();
  const mayWrite = useMayWrite();
  const { busy, run } = useAction();
  const place = useRef<HTMLDivElement>(null);
  if (!mayWrite) {
    return null;
  }
  const act = (operation: typeof retryJob, done: string) =>
    run(async () => {
      put((await operation(client, { job_id: job.id })).body);
      // The button goes with the state that it was for; whoever uses the keyboard stays in its place.
      place.current?.focus();
      return `Job ${job.id} ${done}.`;
    });
  const finished = job.completed_at !== null;
  return (
    <div class="actions" ref={place} tabIndex={-1}>
      {(job.status === 'failed' || job.status === 'cancelled') && (
        <Button class="main" off={busy} onClick={() => act(retryJob, 'waits to run again')}>
          Retry
        </Button>
      )}
      {!finished && (
        <Button class="danger" off={busy} onClick={() => act(cancelJob, 'is cancelled')}>
          Cancel
        </Button>
      )}
    </div>
  );
}

function Facts({ job }: { job: Job }) {
  const now = useNow();
  const times: [string, string | null][] = [
    ['Put in', job.created_at],
    ['Due', job.scheduled_at],
    ['Last started', job.started_at],
    ['Finished', job.completed_at],
  ];
  const others: [string, string | number | null][] = [
    ['Queue', job.queue],
    ['Priority', job.priority],
    ['Retries', `${job.retry_count} of ${job.max_retries}`],
    ['Unique key', job.unique_key],
    ['Time limit', job.timeout_seconds === null ? null : plural(job.timeout_seconds, 'second')],
  ];
  return (
    <dl class="facts-list">
      {times.map(([name, at]) =>
        at === null ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {time(at)} <span class="quiet">({<Ago at={at} now={now} />})</span>
            </dd>
          </div>
        ),
      )}
      {others.map(([name, value]) =>
        value === null ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** JSON as text, whatever is in it. */
function Json({ value, label }: { value: unknown; label: string }) {
  return (
    <pre class="json" role="region" aria-label={`${label} as JSON`} tabIndex={0}>
      {JSON.stringify(value, null, 2)}
    </pre>
  );
}

function Attempts({ attempts }: { attempts: readonly JobAttempt[] }) {
  return (
    <Section title="Attempts">
      {attempts.length === 0 ? (
        <p class="quiet">No attempt has ended yet.</p>
      ) : (
        <Wide label="Table of attempts">
          <table>
            <thead>
              <tr>
                <th scope="col">Attempt</th>
                <th scope="col">Outcome</th>
                <th scope="col">Began</th>
                <th scope="col">Took</th>
                <th scope="col">Worker</th>
                <th scope="col">Error</th>
              </tr>
            </thead>
            <tbody>
              {attempts.map((attempt) => (
                <tr key={attempt.attempt}>
                  <th scope="row">{attempt.attempt}</th>
                  <td>
                    <span class={`status ${attempt.outcome}`}>{attempt.outcome.replaceAll('_', ' ')}</span>
                  </td>
                  <td>{time(attempt.started_at)}</td>
                  <td>{duration(Date.parse(attempt.finished_at) - Date.parse(attempt.started_at))}</td>
                  <td>{attempt.worker ?? '–'}</td>
                  <td class="text">{attempt.error ?? ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      )}
    </Section>
  );
}
