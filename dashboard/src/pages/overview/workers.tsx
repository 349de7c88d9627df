import type { Worker } from '@keiyaku/sdk';

import { Ago, Progress, Section, Wide } from '../../parts/small';

/** Which processes run jobs, and which. */
export function Workers({ workers, now }: { workers: readonly Worker[]; now: number }) {
  return (
    <Section title="Workers">
      {workers.length === 0 ? (
        <p class="quiet">No worker is there: jobs wait.</p>
      ) : (
        <Wide label="Workers and what they run">
          <table>
            <thead>
              <tr>
                <th scope="col">Worker</th>
                <th scope="col">Last heard of</th>
                <th scope="col" class="roomy number">
                  At a time
                </th>
                <th scope="col" class="roomy">Queues</th>
                <th scope="col">Runs</th>
              </tr>
            </thead>
            <tbody>
              {workers.map((worker) => (
                <Row key={worker.name} worker={worker} now={now} />
              ))}
            </tbody>
          </table>
        </Wide>
      )}
    </Section>
  );
}

function Row({ worker, now }: { worker: Worker; now: number }) {
  return (
    <tr>
      <th scope="row">{worker.name}</th>
      <td>
        <Ago at={worker.seen_at} now={now} />
      </td>
      <td class="roomy number">{worker.executors}</td>
      <td class="roomy">{worker.queues}</td>
      <td>
        {worker.running.length === 0 && <span class="quiet">nothing</span>}
        <ul class="running">
          {worker.running.slice(0, 10).map((job) => (
            <li key={job.job_id}>
              <a href={`/dashboard/jobs/${job.job_id}`}>
                #{job.job_id} {job.job_type}
              </a>{' '}
              <Ago at={job.started_at} now={now} />{' '}
              <Progress percent={job.progress} note={job.progress_note} label={`Progress of job ${job.job_id}`} />
            </li>
          ))}
          {worker.running.length > 10 && <li class="quiet">and {worker.running.length - 10} more</li>}
        </ul>
      </td>
    </tr>
  );
}
