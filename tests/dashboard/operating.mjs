/** Queues, a restart, the keyboard, and the end of a session. */

import assert from 'node:assert/strict';

import { inspect } from './browser.mjs';
import { REPORT } from './service.mjs';

export const steps = {
  'a queue is paused, limited and resumed': async ({ service, page, link, button, status, goTo }) => {
    await link('Queues').click();
    await button('Pause queue mail').click();
    await button('Resume queue mail').waitFor();
    const { id } = await service.post('/jobs', { ...REPORT, queue: 'mail' });
    await page.getByLabel('Most jobs of queue mail at a time').fill('2');
    await page.keyboard.press('Enter');
    await page.getByText('Queue mail runs at most 2 at a time.').waitFor();
    await inspect(page, 'queues');
    await link('Overview').click();
    await page.getByText('Waiting longest').getByRole('link', { name: `#${id} data_analysis` }).waitFor();
    await goTo(`/dashboard/jobs/${id}`);
    await status.getByText('Pending').waitFor();
    await link('Queues').click();
    await button('Resume queue mail').click();
    await button('Pause queue mail').waitFor();
    await goTo(`/dashboard/jobs/${id}`);
    await status.getByText('Completed').waitFor();
  },

  'the service is killed and comes back under the page': async ({ service, page, troubles, goTo }) => {
    await goTo('/dashboard/jobs');
    await service.stop('SIGKILL');
    await page.getByText('Reconnecting…').waitFor();
    await service.start();
    await page.getByText('Live', { exact: true }).waitFor({ timeout: 20_000 });
    // What cannot be reached, and what was under way when the service was killed, is told on the console by the browser itself.
    const ofTheKill = /ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED)/;
    assert.deepEqual(troubles.splice(0).filter((trouble) => !ofTheKill.test(trouble)), []);
    const { id } = await service.post('/jobs', REPORT);
    await page.getByRole('row').filter({ hasText: `#${id} ` }).getByText('Completed').waitFor();
    assert.equal(await page.locator('.failure').count(), 0);
  },

  'by keyboard alone': async ({ page, goTo }) => {
    await goTo('/dashboard');
    await page.keyboard.press('Tab');
    await page.locator('a.skip:focus').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('h1:focus').getByText('Jobs').waitFor();
  },

  'a job is cancelled by keyboard, and the focus stays': async ({ service, page, button, status, goTo }) => {
    const scheduled_at = new Date(Date.now() + 3_600_000).toISOString();
    const { id } = await service.post('/jobs', { ...REPORT, scheduled_at });
    await goTo(`/dashboard/jobs/${id}`);
    await button('Cancel').focus();
    await page.keyboard.press('Enter');
    await status.getByText('Cancelled').waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Retry');
    await page.keyboard.press('Enter');
    await status.getByText('Completed').waitFor();
  },

  'a job that is gone is told, and so is a token that has expired': async ({ service, page, troubles, link, button, goTo }) => {
    await goTo('/dashboard/jobs/4000000');
    await page.getByText('Job not found').waitFor();
    await page.route('**/queues', (route) => route.fulfill({ status: 401, body: '' }));
    await link('Queues').click();
    await page.getByText('it may have expired').waitFor();
    await page.unroute('**/queues');
    // What has no good status is told on the console by the browser itself.
    const others = troubles.splice(0).filter((trouble) => !/status of (401|404)/.test(trouble));
    assert.deepEqual(others, []);
    await page.getByLabel('Token').fill(service.token());
    await button('Sign in').click();
    await page.getByRole('heading', { name: 'Queues' }).waitFor();
  },

  'who may only read is offered nothing else; sign out': async ({ service, page, link, button, status, goTo }) => {
    await button('Sign out').click();
    await page.getByLabel('Token').fill(service.token('jobs:read'));
    await button('Sign in').click();
    await link('Jobs').click();
    await page.getByRole('row').nth(1).waitFor();
    assert.equal(await page.getByRole('checkbox').count(), 0);
    await goTo('/dashboard/jobs/100000');
    await status.waitFor();
    assert.equal(await button('Retry').count(), 0);
    await button('Sign out').click();
    await page.getByLabel('Token').waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  },
};
