/** The API's docs: what they list, and trying it. */

import assert from 'node:assert/strict';

import { inspect } from './browser.mjs';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

const operation = (page, id) => page.locator(`.opblock[id$="-${id}"]`);

async function unfold(page, id) {
  await operation(page, id).locator('.opblock-summary-control').click();
  await operation(page, id).getByRole('button', { name: 'Execute' }).waitFor();
}

/** Sends the request, and waits for an answer with this status. */
async function execute(page, id, status) {
  await operation(page, id).getByRole('button', { name: 'Execute' }).click();
  const answer = operation(page, id).locator('.live-responses-table');
  await answer.locator('.response-col_status').getByText(status, { exact: true }).waitFor();
  return answer;
}

/** What has no good status is told on the console by the browser itself. */
function forgetStatus(troubles, status) {
  const others = troubles.splice(0).filter((trouble) => !trouble.includes(`status of ${status}`));
  assert.deepEqual(others, []);
}

export const steps = {
  'the docs list every operation of the document': async ({ service, page }) => {
    const document = await (await fetch(`${service.url}/openapi.json`)).json();
    const declared = Object.values(document.paths).flatMap((path) => METHODS.flatMap((method) => path[method] ?? []));
    const answer = await page.goto(`${service.url}/docs`);
    assert.match(answer.headers()['content-security-policy'], /default-src 'none'; script-src 'self'; style-src 'self';/);
    await page.getByRole('heading', { name: /^Keiyaku/ }).waitFor();
    const listed = await page.locator('.opblock').evaluateAll((blocks) => blocks.map(({ id }) => id.split('-').at(-1)));
    assert.deepEqual(listed.sort(), declared.map(({ operationId }) => operationId).sort());
    await inspect(page, 'docs');
  },

  'a request that is tried is answered': async ({ page }) => {
    await unfold(page, 'createUser');
    const body = { email: 'hanako@example.com', age: 31 };
    await operation(page, 'createUser').getByLabel('Request body').fill(JSON.stringify(body));
    const answer = await execute(page, 'createUser', '201');
    await answer.getByText('"email": "hanako@example.com"').waitFor();
  },

  'a problem is shown, and leads to what it means': async ({ service, page, troubles }) => {
    await operation(page, 'createUser').getByLabel('Request body').fill('{"email":"hanako","age":-1,"<b>nick</b>":1}');
    const answer = await execute(page, 'createUser', '400');
    await answer.getByText('"type": "/docs/problems#validation"').waitFor();
    forgetStatus(troubles, 400);
    await inspect(page, 'docs-operation');
    await answer.getByRole('link', { name: 'What this problem means' }).click();
    await page.waitForURL(`${service.url}/docs/problems#validation`);
    await page.locator('#validation:target').getByRole('heading', { name: 'Validation failed' }).waitFor();
    await inspect(page, 'problems');
  },

  'a status says what it means, too': async ({ page, troubles }) => {
    await page.getByRole('link', { name: 'API docs' }).click();
    await unfold(page, 'listUsers');
    const answer = await execute(page, 'listUsers', '401');
    forgetStatus(troubles, 401);
    await answer.getByRole('link', { name: 'What this problem means' }).click();
    await page.locator('#status-401:target').waitFor();
    await page.goBack();
  },

  'with a token, by keyboard': async ({ service, page }) => {
    await page.getByRole('button', { name: 'Authorize' }).focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('auth-bearer-value').fill(service.token('users:read jobs:read'));
    await inspect(page, 'docs-token');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Logout' }).waitFor();
    await page.getByRole('button', { name: 'Close' }).last().click();
    // The way back led to the operation, not to the top of a closed list.
    await operation(page, 'listUsers').getByRole('button', { name: 'Execute' }).waitFor();
    const answer = await execute(page, 'listUsers', '200');
    await answer.getByText('"email": "user-1@example.com"').waitFor();
    await inspect(page, 'docs-list');
  },

  'a stream without an end is listened to for a while': async ({ page }) => {
    await unfold(page, 'streamJobEvents');
    const answer = await execute(page, 'streamJobEvents', '200');
    await answer.getByText(': these docs listen for 5 seconds').waitFor();
  },

  'a document that cannot be had is told': async ({ service, page, troubles }) => {
    await page.route('**/openapi.json', (route) => route.fulfill({ status: 503, body: '' }));
    await page.goto(`${service.url}/docs`);
    await page.getByText('/openapi.json could not be read').waitFor();
    forgetStatus(troubles, 503);
    await page.unroute('**/openapi.json');
  },
};
