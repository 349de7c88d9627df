import assert from 'node:assert/strict';
import test from 'node:test';

import { newTab, open } from './browser.mjs';
import * as docs from './docs.mjs';
import * as entering from './entering.mjs';
import * as jobs from './jobs.mjs';
import * as operating from './operating.mjs';
import { Service } from './service.mjs';
import * as watching from './watching.mjs';

test('an operator at the dashboard, a developer at the docs', async (context) => {
  const service = new Service();
  await service.start();
  const browser = await open();
  context.after(async () => {
    await browser.close();
    await service.stop();
  });
  const { page, troubles } = await newTab(browser);
  const operator = {
    context,
    service,
    page,
    troubles,
    link: (name) => page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name }),
    button: (name) => page.getByRole('button', { name, exact: true }),
    status: page.locator('.state .status'),
    goTo: async (path) => {
      await page.goto(service.url + path);
      await page.getByText('Live', { exact: true }).waitFor();
    },
  };
  await service.post('/users', { email: 'taro@example.com', age: 25, name: 'Tarō' });
  const steps = { ...entering.steps, ...jobs.steps, ...watching.steps, ...operating.steps, ...docs.steps };
  for (const [name, step] of Object.entries(steps)) {
    let done = false;
    await context.test(name, async () => {
      await step(operator);
      assert.deepEqual(troubles, [], 'what should not happen in a browser');
      done = true;
    });
    // What comes after stands on it.
    assert.ok(done, name);
  }
});
