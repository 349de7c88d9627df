import { getJobStats, listQueues } from '@keiyaku/sdk';
import { useEffect, useRef, useState } from 'preact/hooks';

import { STATUSES, STATUS_NAMES } from '../../format';
import { useLoaded } from '../../loaded';
import { useSession } from '../../session';
import type { Filter } from './filter';

/** How long a pause in typing is before the list is asked for. */
const TYPED = 120;

export function FilterBar({ filter, change }: { filter: Filter; change: (filter: Filter) => void }) {
  const { client } = useSession();
  const names = useLoaded('names', async (signal) => {
    const [stats, queues] = await Promise.all([getJobStats(client, { signal }), listQueues(client, { signal })]);
    return {
      types: stats.body.by_job_type.map(({ job_type }) => job_type),
      queues: queues.body.items.map(({ name }) => name),
    };
  });
  const set = (part: Partial<Filter>) => change({ ...filter, ...part });
  return (
    <form class="filter" role="search" aria-label="Jobs" onSubmit={(event) => event.preventDefault()}>
      <Choice
        label="State"
        value={filter.status}
        choices={STATUSES.map((status) => [status, STATUS_NAMES[status]])}
        choose={(status) => set({ status: STATUSES.find((one) => one === status) })}
      />
      <Choice
        label="Type"
        value={filter.job_type}
        choices={named(names.value?.types, filter.job_type)}
        choose={(job_type) => set({ job_type })}
      />
      <Choice
        label="Queue"
        value={filter.queue}
        choices={named(names.value?.queues, filter.queue)}
        choose={(queue) => set({ queue })}
      />
      <Text value={filter.text} change={(text) => set({ text })} />
      <label>
        Order
        <select
          value={filter.order}
          onChange={(event) => set({ order: event.currentTarget.value === 'oldest' ? 'oldest' : 'newest' })}
        >
          <option value="newest">Newest first</option>
          <option value="oldest">Oldest first</option>
        </select>
      </label>
    </form>
  );
}

/** The names that there are, and the one that is chosen, which may have gone. */
function named(names: readonly string[] = [], chosen: string | undefined): [string, string][] {
  const all = chosen === undefined || names.includes(chosen) ? names : [...names, chosen];
  return all.map((name) => [name, name]);
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly choices: readonly (readonly [value: string, name: string])[];
  readonly choose: (value: string | undefined) => void;
}

function Choice({ label, value, choices, choose }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value ?? ''} onChange={(event) => choose(event.currentTarget.value || undefined)}>
        <option value="">All</option>
        {choices.map(([choice, name]) => (
          <option key={choice} value={choice}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Text({ value, change }: { value: string | undefined; change: (value: string | undefined) => void }) {
  const [text, setText] = useState(value ?? '');
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  // The other conditions may have changed by the time the pause is over.
  const latest = useRef(change);
  latest.current = change;
  useEffect(() => setText(value ?? ''), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const typed = (next: string) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => latest.current(next || undefined), TYPED);
  };
  return (
    <label class="grow">
      Text
      <input
        type="search"
        value={text}
        maxLength={200}
        placeholder="in payload, error or unique key"
        onInput={(event) => typed(event.currentTarget.value)}
      />
    </label>
  );
}
