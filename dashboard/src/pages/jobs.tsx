import { listJobs } from '@keiyaku/sdk';
import type { Job } from '@keiyaku/sdk';
import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';

import { plural } from '../format';
import { useJobEvents } from '../live';
import { useLoaded } from '../loaded';
import { Page } from '../parts/frame';
import { Button, Failure } from '../parts/small';
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
      <Pages filter={filter} />
    </Page>
  );
}

/** Where the operator is in the list, and what is selected there. */
interface Place {
  readonly address: string;
  readonly cursors: readonly string[];
  readonly selected: ReadonlySet<number>;
}

function start(address: string): Place {
  return { address, cursors: [], selected: new Set() };
}

/** The pages of one filter. The list gives the way forward alone; the way back is what has been gone through. */
function Pages({ filter }: { filter: Filter }) {
  const { client } = useSession();
  const mayWrite = useMayWrite();
  const address = addressOf(filter);
  const [place, setPlace] = useState<Place>(start(address));
  // Another filter begins at its first page. The jobs of the one before stay until those of the new one are there.
  const { cursors, selected } = place.address === address ? place : start(address);
  const select = (ids: ReadonlySet<number>) => setPlace({ address, cursors, selected: ids });
  const cursor = cursors.at(-1);
  const page = useLoaded(`${address} ${cursor ?? ''}`, async (signal) => {
    const { body } = await listJobs(client, { ...filter, cursor, limit: PAGE }, { signal });
    return body;
  });
  useJobEvents((changed) => {
    if (changed) {
      page.change((before) => ({ ...before, items: before.items.map((job) => (job.id === changed.id ? changed : job)) }));
    }
    page.refresh();
  });
  const go = (next: readonly string[]) => setPlace({ ...start(address), cursors: next });
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
        <Button off={cursors.length === 0} onClick={() => go(cursors.slice(0, -1))}>
          Previous page
        </Button>
        <span class="quiet" role="status">
          Page {cursors.length + 1}: {plural(jobs.length, 'job')}
        </span>
        <Button off={next === undefined} onClick={() => next && go([...cursors, next])}>
          Next page
        </Button>
      </nav>
    </>
  );
}
