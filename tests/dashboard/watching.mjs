/** What is seen of jobs that run, and of what happens while nobody looks. */

import assert from 'node:assert/strict';

import { inspect } from './browser.mjs';
import { REPORT, Worker } from './service.mjs';

export const steps = {
  'who works on what, and how far it is': async ({ service, page, status, goTo }) => {
    const { id } = await service.post('/jobs', { job_type: 'data_analysis', payload: {}, queue: 'slow' });
    await goTo(`/dashboard/jobs/${id}`);
    await status.getByText('Pending').waitFor();
    const worker = new Worker();
    // The lease has to outlast the time in which it stands still.
    await worker.start({ WORKER_QUEUES: 'slow', WORKER_COUNT: '1', JOB_LEASE: '10min' });
    try {
      const bar = page.getByRole('progressbar', { name: `Progress of job ${id}` });
      await page.getByText(/^[1-9]\d? % · \d+ users$/).waitFor();
      worker.freeze();
      assert.ok(Number(await bar.getAttribute('value')) < 100, 'the report is not ready');
      await inspect(page, 'running');
      await goTo('/dashboard');
      await bar.waitFor();
      await page.getByText('2 workers, 1 job in hand').waitFor();
      const row = page.getByRole('region', { name: 'Workers', exact: true }).getByRole('row').filter({ hasText: 'slow' });
      await row.getByRole('link', { name: `#${id} data_analysis` }).waitFor();
      await inspect(page, 'overview');
      await row.getByRole('link').click();
      await bar.waitFor();
      worker.thaw();
      await status.getByText('Completed').waitFor({ timeout: 60_000 });
      const output = JSON.parse(await page.getByRole('region', { name: 'Output as JSON' }).textContent());
      assert.ok(output.users > 500_000, JSON.stringify(output));
    } finally {
      worker.thaw();
      await worker.stop();
    }
  },

  'a tab that is not seen follows nothing, and catches up when it is': async ({ service, page, goTo }) => {
    const isStream = (request) => new URL(request.url()).pathname === '/jobs/events';
    const show = (hidden) =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { configurable: true, value });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    await goTo('/dashboard/jobs');
    await page.getByRole('row').nth(50).waitFor();
    const ended = page.waitForEvent('requestfailed', isStream);
    await show(true);
    assert.equal((await ended).failure().errorText, 'net::ERR_ABORTED');
    const { id } = await service.post('/jobs', REPORT);
    const row = page.getByRole('row').filter({ hasText: `#${id} ` });
    assert.equal(await row.count(), 0);
    const begun = page.waitForRequest(isStream);
    await show(false);
    await begun;
    await row.getByText('Completed').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
  },
};
