import { listJobs } from '@keiyaku/sdk';
import type { Job } from '@keiyaku/sdk';
import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';

import { useJobEvents } from '../live';
import { useLoaded } from '../loaded';
import { Page } from '../parts/frame';
import { Failure } from '../parts/small';
import { useMayWrite, useSession } from '../session';
import { Bulk } from './jobs/bulk';
import { addressOf, filterOf } from './jobs/filter';
import type { Filter } from './jobs/filter';
import { FilterBar } from './jobs/filter-bar';
import { JobTable } from './jobs/table';

const PAGE = 50;

/** The list of jobs; what it shows is in the address. */
export function JobsPage() {
  const { query, route } = useLocation();
  const filter = filterOf(query);
  return (
    <Page title="Jobs">
      <FilterBar filter={filter} change={(next) => route(addressOf(next), true)} />
      <Pages key={addressOf(filter)} filter={filter} />
    </Page>
  );
}

/** The pages of one filter. The list gives the way forward alone; the way back is what has been gone through. */
function Pages({ filter }: { filter: Filter }) {
  const { client } = useSession();
  const mayWrite = useMayWrite();
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const [selected, select] = useState<ReadonlySet<number>>(new Set());
  const cursor = cursors.at(-1);
  const page = useLoaded(cursor ?? '', async (signal) => {
    const { body } = await listJobs(client, { ...filter, cursor, limit: PAGE }, { signal });
    return body;
  });
  useJobEvents((changed) => {
    if (changed) {
      page.change((before) => ({ ...before, items: before.items.map((job) => (job.id === changed.id ? changed : job)) }));
    }
    page.refresh();
  });
  const go = (next: readonly string[]) => {
    select(new Set());
    setCursors(next);
  };
  const done = () => {
    select(new Set());
    page.refresh();
  };
  const jobs: readonly Job[] = page.value?.items ?? [];
  const next = page.value?.next_cursor ?? undefined;
  return (
    <>
      <Failure text={page.error} retry={page.refresh} />
      {mayWrite && <Bulk jobs={jobs} selected={selected} filter={filter} done={done} />}
      {page.value && jobs.length === 0 ? (
        <p class="quiet empty">No job matches.</p>
      ) : (
        <JobTable jobs={jobs} selection={mayWrite ? { ids: selected, set: select } : undefined} busy={page.value === undefined} />
      )}
      <nav class="pager" aria-label="Pages of jobs">
        <button type="button" disabled={cursors.length === 0} onClick={() => go(cursors.slice(0, -1))}>
          Previous page
        </button>
        <span class="quiet">Page {cursors.length + 1}</span>
        <button type="button" disabled={next === undefined} onClick={() => next && go([...cursors, next])}>
          Next page
        </button>
      </nav>
    </>
  );
}
