import { getJobStats, getJobTimeline, listJobs, listQueues, listWorkers } from '@keiyaku/sdk';
import type { Client, Job, JobMinute, JobStats, Queue, Worker } from '@keiyaku/sdk';
import { useEffect, useState } from 'preact/hooks';

import { STATUSES, STATUS_NAMES, count, plural } from '../format';
import { useJobEvents } from '../live';
import { useLoaded, useNow } from '../loaded';
import { Page } from '../parts/frame';
import { Ago, Failure, Section } from '../parts/small';
import { useSession } from '../session';
import { Depth } from './overview/depth';
import { Failures } from './overview/failures';
import { Trends } from './overview/trends';
import { Workers } from './overview/workers';

interface Overview {
  readonly stats: JobStats;
  readonly queues: readonly Queue[];
  readonly workers: readonly Worker[];
  readonly oldest: Job | undefined;
}

/** Minutes that the charts can go back. */
const RANGES = [
  [60, 'Last hour'],
  [360, 'Last 6 hours'],
  [1440, 'Last day'],
] as const;
/** What no event tells of (workers, queues that are paused elsewhere) is read this often. */
const EVERY = 10_000;

export function OverviewPage() {
  const { client } = useSession();
  const [minutes, setMinutes] = useState(60);
  const now = useNow();
  const overview = useLoaded('overview', (signal) => readOverview(client, signal), 2_000);
  const timeline = useLoaded(`${minutes}`, (signal) => readTimeline(client, minutes, signal), 5_000);
  const refresh = () => {
    overview.refresh();
    timeline.refresh();
  };
  useJobEvents(refresh);
  useEffect(() => {
    const timer = setInterval(refresh, EVERY);
    return () => clearInterval(timer);
  }, []);
  return (
    <Page title="Overview">
      <Failure text={overview.error ?? timeline.error} retry={refresh} />
      {overview.value && <Now {...overview.value} now={now} />}
      <div class="row-head">
        <h2>Over time</h2>
        <label>
          Range{' '}
          <select value={minutes} onChange={(event) => setMinutes(Number(event.currentTarget.value))}>
            {RANGES.map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      {timeline.value && <Trends {...timeline.value} />}
      <div class="columns">
        {overview.value && <Depth queues={overview.value.queues} />}
        {timeline.value && overview.value && (
          <Failures items={timeline.value.items} byType={overview.value.stats.by_job_type} />
        )}
      </div>
      {overview.value && <Workers workers={overview.value.workers} now={now} />}
    </Page>
  );
}

async function readOverview(client: Client, signal: AbortSignal): Promise<Overview> {
  const [stats, queues, workers] = await Promise.all([
    getJobStats(client, { signal }),
    listQueues(client, { signal }),
    listWorkers(client, { signal }),
  ]);
  const since = stats.body.oldest_pending_at;
  const oldest = since === null ? undefined : await dueAt(client, since, signal);
  return { stats: stats.body, queues: queues.body.items, workers: workers.body.items, oldest };
}

/** The job that has been due since then, if it is among those that were put in first: no list is in the order of that. */
async function dueAt(client: Client, since: string, signal: AbortSignal): Promise<Job | undefined> {
  const waiting = (['pending', 'retry_pending'] as const).map((status) =>
    listJobs(client, { status, order: 'oldest', limit: 100 }, { signal }),
  );
  const jobs = (await Promise.all(waiting)).flatMap(({ body }) => body.items);
  return jobs.find(({ scheduled_at }) => scheduled_at === since);
}

async function readTimeline(client: Client, minutes: number, signal: AbortSignal) {
  const { body } = await getJobTimeline(client, { minutes }, { signal });
  return { items: body.items as readonly JobMinute[], minutes, read: Date.now() };
}

/** How many jobs there are in each state, who works, and what has waited longest. */
function Now({ stats, workers, oldest, now }: Overview & { now: number }) {
  const running = workers.reduce((all, worker) => all + worker.running.length, 0);
  return (
    <Section title="Now">
      <ul class="tiles">
        {STATUSES.map((status) => (
          <li key={status}>
            <a class={`tile ${status}`} href={`/dashboard/jobs?status=${status}`}>
              <span class="number">{count(stats.by_status[status])}</span> {STATUS_NAMES[status]}
            </a>
          </li>
        ))}
      </ul>
      <p class="facts">
        <span>
          Waiting longest: <Oldest since={stats.oldest_pending_at} oldest={oldest} now={now} />
        </span>
        <span>
          {plural(workers.length, 'worker')}, {plural(running, 'job')} in hand
        </span>
      </p>
    </Section>
  );
}

function Oldest({ since, oldest, now }: { since: string | null; oldest: Job | undefined; now: number }) {
  if (since === null) {
    return <strong>nothing waits</strong>;
  }
  return (
    <>
      <strong>
        due <Ago at={since} now={now} />
      </strong>
      {oldest && (
        <>
          :{' '}
          <a href={`/dashboard/jobs/${oldest.id}`}>
            #{oldest.id} {oldest.job_type}
          </a>
        </>
      )}
    </>
  );
}
