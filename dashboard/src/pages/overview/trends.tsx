import type { JobMinute } from '@keiyaku/sdk';
import { useMemo } from 'preact/hooks';

import { count, duration, plural } from '../../format';
import { Chart } from '../../parts/chart';
import { Section } from '../../parts/small';
import { mean, perMinute, sum } from '../../timeline';

interface Props {
  readonly items: readonly JobMinute[];
  readonly minutes: number;
  /** When the items were read, in milliseconds since 1970. */
  readonly read: number;
}

/** Throughput and latency, minute by minute. */
export function Trends({ items, minutes, read }: Props) {
  const { times, ...values } = useMemo(() => perMinute(items, minutes, read), [items, minutes, read]);
  const throughput = useMemo(
    () => [
      { label: 'Completed', color: '--good', values: values.completed } as const,
      { label: 'Failed', color: '--bad', values: values.failed } as const,
    ],
    [values.completed, values.failed],
  );
  const latency = useMemo(
    () => [
      { label: 'Wait', color: '--accent', values: values.wait, points: true } as const,
      { label: 'Run', color: '--second', values: values.run, points: true } as const,
    ],
    [values.wait, values.run],
  );
  const ended = `${plural(sum(items, (item) => item.completed), 'attempt')} completed, ${count(sum(items, (item) => item.failed))} failed`;
  const [wait, run] = [mean(items, (item) => item.wait_ms), mean(items, (item) => item.run_ms)];
  const took = wait === null || run === null ? 'Nothing ended' : `${duration(wait)} of waiting and ${duration(run)} of running on average`;
  return (
    <div class="columns">
      <Section title="Throughput, a minute" aside={<span class="quiet">{ended}</span>}>
        <Chart label={`Throughput: ${ended}`} times={times} series={throughput} format={count} />
      </Section>
      <Section title="Latency" aside={<span class="quiet">{took}</span>}>
        <Chart label={`Latency: ${took}`} times={times} series={latency} format={duration} />
      </Section>
    </div>
  );
}
