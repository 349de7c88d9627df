import assert from 'node:assert/strict';
import test from 'node:test';

import { ProblemError, createClient, createUser, listUsers, updateUser } from '@keiyaku/sdk';

import { Service, fake } from './support.js';

const body = { email: 'taro@example.com', age: 25 };
const PAGE = '{"items":[],"next_cursor":null}';

function isProblem(status: number): (error: unknown) => boolean {
  return (error) => error instanceof ProblemError && error.status === status;
}

test('429 of the real service is waited for', async (context) => {
  const service = await Service.start(context, { RATE_LIMIT_RPS: '2', RATE_LIMIT_BURST: '2' });
  const plain = createClient({ baseUrl: service.url, token: service.token() });
  const patient = { ...plain, retry: { attempts: 5 } };
  await Promise.all([1, 2, 3, 4].map(() => listUsers(patient)));
  const answers = await Promise.allSettled([1, 2, 3, 4].map(() => listUsers(plain)));
  const failed = answers.filter((answer) => answer.status === 'rejected');
  assert.ok(failed.length > 0 && failed.every(({ reason }) => isProblem(429)(reason)));
});

test('what cannot be repeated safely is not', async (context) => {
  const { url, requests } = await fake(context, (_, response) => response.writeHead(503, { 'Retry-After': '0' }).end());
  const client = createClient({ baseUrl: url, retry: { attempts: 3 } });
  const tries = async (request: () => Promise<unknown>) => {
    const before = requests.length;
    await assert.rejects(request, isProblem(503));
    return requests.length - before;
  };
  assert.equal(await tries(() => listUsers(client)), 3);
  assert.equal(await tries(() => createUser(client, { body })), 1);
  assert.equal(await tries(() => createUser(client, { body, idempotency_key: 'a key' })), 3);
  assert.equal(await tries(() => updateUser(client, { user_id: 1, body: {} })), 1);
  assert.equal(await tries(() => listUsers({ ...client, retry: undefined })), 1);
});

test('only answers that say when are waited for, and not for ever', async (context) => {
  const headers = [{}, { 'Retry-After': '60' }, { 'Retry-After': 'soon' }];
  const { url, requests } = await fake(context, (_, response, index) => response.writeHead(429, headers[index]).end());
  const client = createClient({ baseUrl: url, retry: { attempts: 2 } });
  for (const _ of headers) {
    await assert.rejects(listUsers(client), isProblem(429));
  }
  assert.equal(requests.length, headers.length);
});

test('a date is waited for, and the answer after it is the answer', async (context) => {
  const { url, requests } = await fake(context, (_, response, index) => {
    // Dates have whole seconds.
    const date = new Date(Math.floor(Date.now() / 1000) * 1000 + 2000).toUTCString();
    return index === 0 ? response.writeHead(503, { 'Retry-After': date }).end() : response.end(PAGE);
  });
  const started = Date.now();
  await listUsers(createClient({ baseUrl: url, retry: { attempts: 2 } }));
  assert.ok(Date.now() - started > 900);
  assert.equal(requests.length, 2);
});

test('a connection that breaks is tried again, also in the middle of an answer', async (context) => {
  const { url, requests } = await fake(context, (request, response, index) => {
    if (index === 0) {
      request.socket.destroy();
    } else if (index === 1) {
      response.writeHead(200, { 'Content-Length': '100' }).write(PAGE);
      setTimeout(() => request.socket.destroy(), 50);
    } else {
      response.end(PAGE);
    }
  });
  const { body: page } = await listUsers(createClient({ baseUrl: url, retry: { attempts: 3 } }));
  assert.deepEqual([page.items, requests.length], [[], 3]);
});

test('an abort ends the wait', async (context) => {
  const { url } = await fake(context, (_, response) => response.writeHead(503, { 'Retry-After': '20' }).end());
  const client = createClient({ baseUrl: url, retry: { attempts: 2 } });
  await assert.rejects(listUsers(client, {}, { signal: AbortSignal.timeout(200) }), { name: 'TimeoutError' });
});
