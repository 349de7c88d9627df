/** Signing in, and what is seen first. */

import assert from 'node:assert/strict';

import { inspect } from './browser.mjs';

export const steps = {
  'the page is what the binary has': async ({ service, page }) => {
    const answer = await page.goto(`${service.url}/dashboard`);
    const found = await page.getByLabel('Token').isVisible();
    assert.ok(found, 'the binary was built without the dashboard: run  make dashboard , then build again');
    assert.match(answer.headers()['content-security-policy'], /default-src 'none'; script-src 'self'/);
    await inspect(page, 'sign-in');
  },

  'a token that is of no use is told so': async ({ service, page }) => {
    await page.getByLabel('Token').fill('nothing');
    await page.keyboard.press('Enter');
    await page.getByText('This is no token').waitFor();
    await page.getByLabel('Token').fill(service.token('users:read'));
    await page.keyboard.press('Enter');
    await page.getByText('This token has only users:read').waitFor();
  },

  'sign in': async ({ service, page }) => {
    await page.getByLabel('Token').fill(service.token());
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('region', { name: 'Workers', exact: true }).getByRole('row').nth(1).waitFor();
    await page.locator('.uplot').nth(1).waitFor();
    await page.getByText(/^[\d,]+ attempts completed, 5\d\d failed$/).waitFor();
  },
};
