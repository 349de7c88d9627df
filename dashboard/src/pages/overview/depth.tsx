import type { Queue } from '@keiyaku/sdk';

import { STATUS_NAMES, count } from '../../format';
import { Section, Wide } from '../../parts/small';

const STATES = ['pending', 'processing', 'retry_pending', 'failed'] as const;

/** What is in each queue. */
export function Depth({ queues }: { queues: readonly Queue[] }) {
  return (
    <Section title="Queues">
      {queues.length === 0 ? (
        <p class="quiet">There is no queue yet: a queue exists as soon as a job names it.</p>
      ) : (
        <Wide label="Jobs by queue and state">
          <table>
            <thead>
              <tr>
                <th scope="col">Queue</th>
                {STATES.map((state) => (
                  <th key={state} scope="col" class="number">
                    {STATUS_NAMES[state]}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {queues.map((queue) => (
                <tr key={queue.name}>
                  <th scope="row">
                    <a href={`/dashboard/jobs?queue=${encodeURIComponent(queue.name)}`}>{queue.name}</a>
                    {queue.paused && <span class="tag">paused</span>}
                  </th>
                  {STATES.map((state) => (
                    <td key={state} class="number">
                      {count(queue[state])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      )}
    </Section>
  );
}
