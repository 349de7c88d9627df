import type { JobMinute, JobTypeCounts } from '@keiyaku/sdk';

import { count } from '../../format';
import { Section, Wide } from '../../parts/small';
import { failuresByType } from '../../timeline';

/** Which job types fail: their attempts in the range, and what has been given up. */
export function Failures({ items, byType }: { items: readonly JobMinute[]; byType: readonly JobTypeCounts[] }) {
  const recent = new Map(failuresByType(items).map((type) => [type.job_type, type]));
  const rows = byType
    .map(({ job_type, failed }) => ({ job_type, given_up: failed, attempts: recent.get(job_type) }))
    .filter(({ given_up, attempts }) => given_up > 0 || attempts !== undefined)
    .sort((one, other) => (other.attempts?.failed ?? 0) - (one.attempts?.failed ?? 0) || other.given_up - one.given_up);
  return (
    <Section title="Failures by type">
      {rows.length === 0 ? (
        <p class="quiet">Nothing has failed.</p>
      ) : (
        <Wide label="Failures by job type">
          <table>
            <thead>
              <tr>
                <th scope="col">Type</th>
                <th scope="col" class="number">
                  Failed attempts
                </th>
                <th scope="col" class="number">
                  Given up
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ job_type, given_up, attempts }) => (
                <tr key={job_type}>
                  <th scope="row">
                    <a href={`/dashboard/jobs?status=failed&job_type=${encodeURIComponent(job_type)}`}>{job_type}</a>
                  </th>
                  <td class="number">{attempts ? `${count(attempts.failed)} of ${count(attempts.all)}` : '0'}</td>
                  <td class="number">{count(given_up)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      )}
    </Section>
  );
}
