import type { Job } from '@keiyaku/sdk';

import { useNow } from '../../loaded';
import { Ago, Progress, Status } from '../../parts/small';

interface Props {
  readonly jobs: readonly Job[];
  /** Undefined for those who may not change jobs. */
  readonly selection: Selection | undefined;
  readonly busy: boolean;
}

export interface Selection {
  readonly ids: ReadonlySet<number>;
  readonly set: (ids: ReadonlySet<number>) => void;
}

/** The jobs of one page. */
export function JobTable({ jobs, selection, busy }: Props) {
  const now = useNow();
  return (
    <table class="jobs" aria-busy={busy} aria-label="Jobs">
      <thead>
        <tr>
          {selection && (
            <th scope="col" class="box">
              <AllOfThePage jobs={jobs} selection={selection} />
            </th>
          )}
          <th scope="col">Job</th>
          <th scope="col">State</th>
          <th scope="col" class="roomy">
            Queue
          </th>
          <th scope="col" class="roomy number">
            Retries
          </th>
          <th scope="col">Put in</th>
          <th scope="col" class="roomy">
            Error or progress
          </th>
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <Row key={job.id} job={job} selection={selection} now={now} />
        ))}
      </tbody>
    </table>
  );
}

function AllOfThePage({ jobs, selection }: { jobs: readonly Job[]; selection: Selection }) {
  const all = jobs.length > 0 && jobs.every(({ id }) => selection.ids.has(id));
  return (
    <label>
      <input
        type="checkbox"
        checked={all}
        onChange={() => selection.set(new Set(all ? [] : jobs.map(({ id }) => id)))}
        aria-label="Select all jobs of this page"
      />
    </label>
  );
}

function Row({ job, selection, now }: { job: Job; selection: Selection | undefined; now: number }) {
  const toggle = ({ ids, set }: Selection) => {
    const next = new Set(ids);
    if (!next.delete(job.id)) {
      next.add(job.id);
    }
    set(next);
  };
  return (
    <tr>
      {selection && (
        <td class="box">
          <label>
            <input
              type="checkbox"
              checked={selection.ids.has(job.id)}
              onChange={() => toggle(selection)}
              aria-label={`Select job ${job.id}`}
            />
          </label>
        </td>
      )}
      <th scope="row">
        <a href={`/dashboard/jobs/${job.id}`}>
          #{job.id} {job.job_type}
        </a>
      </th>
      <td>
        <Status status={job.status} />
      </td>
      <td class="roomy">{job.queue}</td>
      <td class="roomy number">
        {job.retry_count} of {job.max_retries}
      </td>
      <td>
        <Ago at={job.created_at} now={now} />
      </td>
      <td class="roomy text">
        {job.status === 'processing' ? (
          <Progress percent={job.progress} note={job.progress_note} label={`Progress of job ${job.id}`} />
        ) : (
          <span class="one-line">{job.status === 'completed' ? '' : job.error_message}</span>
        )}
      </td>
    </tr>
  );
}
