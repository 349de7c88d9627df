import assert from 'node:assert/strict';
import test from 'node:test';

import {
  ProblemError,
  allUsers,
  createClient,
  createUser,
  deleteUser,
  enqueueJob,
  getHealth,
  getJob,
  getMetrics,
  getUser,
  listUsers,
  pauseQueue,
  streamJobEvents,
  updateUser,
} from '@keiyaku/sdk';
import type { Client } from '@keiyaku/sdk';
import * as flexible from '@keiyaku/sdk/flexible';

import { Service, eventually, fake } from './support.js';

async function connected(context: test.TestContext, environment?: Record<string, string>): Promise<Client> {
  const service = await Service.start(context, environment);
  return createClient({ baseUrl: `${service.url}/`, token: service.token() });
}

async function problem(promise: Promise<unknown>): Promise<ProblemError> {
  const error = await promise.then(() => assert.fail('no error'), (error: unknown) => error);
  assert.ok(error instanceof ProblemError, String(error));
  return error;
}

test('whoever signs up can follow the job, and see nothing else', async (context) => {
  const client = await connected(context);
  const { headers } = await createUser(client, { body: { email: 'hana@example.com', age: 25 } });
  const follower = createClient({ ...client, token: headers.job_token });
  const statuses: string[] = [];
  for await (const event of streamJobEvents(follower, { job_id: headers.job_id })) {
    assert.ok(event.event === 'job' && event.data.id === headers.job_id);
    statuses.push(event.data.status);
    if (event.data.completed_at) {
      break;
    }
  }
  assert.equal(statuses.at(-1), 'completed');
  assert.equal((await problem(listUsers(follower))).status, 403);
});

test('users', async (context) => {
  const client = await connected(context);

  await context.test('a sign-up, and the same again', async () => {
    const args = { idempotency_key: 'a key', body: { email: 'taro@example.com', age: 25, name: 'Tarō' } };
    const created = await createUser(client, args);
    assert.equal(created.status, 201);
    assert.equal(created.body.name, 'Tarō');
    assert.equal(created.headers.location, `/users/${created.body.id}`);
    assert.equal(created.headers.idempotency_replayed, undefined);
    const replayed = await createUser(client, args);
    assert.deepEqual(replayed.body, created.body);
    assert.equal(replayed.headers.idempotency_replayed, true);
  });

  await context.test('everything that is wrong with a request', async () => {
    const error = await problem(createUser(client, { body: { email: 'taro', age: -1 } }));
    assert.deepEqual([error.status, error.kind, error.name], [400, 'problem', 'ProblemError']);
    assert.equal(error.message, error.problem.error);
    assert.deepEqual(error.violations('/age').map(({ keyword }) => keyword), ['minimum']);
    assert.equal(error.violations('/email').length, 1);
    assert.deepEqual(error.violations('/name'), []);
    assert.equal(error.problem.request_id, error.response.headers.get('X-Request-Id'));
    const query = await problem(listUsers(client, { limit: 1000 }));
    assert.equal(query.violations('/limit', 'query').length, 1);
  });

  await context.test('what is taken, what is not there, and what needs a token', async () => {
    const taken = await problem(createUser(client, { body: { email: 'Taro@example.com', age: 3 } }));
    assert.equal(taken.status, 409);
    assert.equal((await problem(getUser(client, { user_id: 4711 }))).status, 404);
    const anonymous = createClient({ baseUrl: client.baseUrl });
    assert.equal((await problem(listUsers(anonymous))).status, 401);
  });

  await context.test('versions', async () => {
    const first = await getUser(client, { user_id: 1 });
    assert.ok(first.status === 200);
    const again = await getUser(client, { user_id: 1, if_none_match: first.headers.etag });
    assert.equal(again.status, 304);
    assert.equal(again.body, undefined);
    const if_match = first.headers.etag;
    const changed = await updateUser(client, { user_id: 1, if_match, body: { bio: 'Walks "*/" & reads' } });
    assert.equal(changed.body.bio, 'Walks "*/" & reads');
    assert.notEqual(changed.headers.etag, if_match);
    assert.equal((await problem(updateUser(client, { user_id: 1, if_match, body: { bio: null } }))).status, 412);
    const deleted = await deleteUser(client, { user_id: 1, if_match: changed.headers.etag });
    assert.deepEqual([deleted.status, deleted.body], [204, undefined]);
  });

  await context.test('every page of a list, and no page that nobody needs', async () => {
    for (let number = 0; number < 7; number += 1) {
      await createUser(client, { body: { email: `user+${number}@example.com`, age: number } });
    }
    let requests = 0;
    const counting: typeof fetch = (...parameters) => {
      requests += 1;
      return fetch(...parameters);
    };
    const counted = { ...client, fetch: counting };
    const emails: string[] = [];
    for await (const user of allUsers(counted, { limit: 2 })) {
      emails.push(user.email);
    }
    assert.deepEqual(emails, [0, 1, 2, 3, 4, 5, 6].map((number) => `user+${number}@example.com`));
    assert.equal(requests, 4);
    for await (const user of allUsers(counted, { limit: 2 })) {
      assert.equal(user.age, 0);
      break;
    }
    assert.equal(requests, 5);
    const one = await listUsers(client, { email: 'user+3@example.com', is_active: true });
    assert.equal(one.body.items.length, 1);
  });

  await context.test('a job, health and metrics', async () => {
    const { body, status, headers } = await enqueueJob(client, { body: { job_type: 'data_analysis', payload: {} } });
    assert.deepEqual([status, headers.location], [201, `/jobs/${body.id}`]);
    const job = await eventually('the job is done', async () => {
      const { body: job } = await getJob(client, { job_id: body.id });
      return job.status === 'completed' ? job : undefined;
    });
    assert.equal(job.attempts?.length, 1);
    const health = await getHealth(client);
    assert.ok(health.status === 200 && health.body.jobs.pending >= 0);
    assert.match((await getMetrics(client)).body, /jobs_processed_total/);
  });
});

test('undeclared members survive the way there and back', async (context) => {
  const client = await connected(context, { VALIDATION_MODE: 'flexible' });
  const extras = { hobby: 'fishing', nested: { list: [1, 'zwei', null] } };
  const { body } = await flexible.createUser(client, { body: { email: 'taro@example.com', age: 25, ...extras } });
  assert.deepEqual(body.additional_data, extras);
  const changed = await flexible.updateUser(client, { user_id: body.id, body: { hobby: null, more: true } });
  assert.deepEqual(changed.body.additional_data, { nested: extras.nested, more: true });
});

test('the token goes only where it is wanted', async (context) => {
  const { url, requests } = await fake(context, (_, response) => {
    response.setHeader('Content-Type', 'application/json').end('{"items":[],"next_cursor":null}');
  });
  let asked = 0;
  const token = async () => `token ${(asked += 1)}`;
  const client = createClient({ baseUrl: url, token, headers: { 'X-All': 'a', 'X-One': 'a' } });
  await getHealth(client);
  await listUsers(client, { email: 'a+b&c@example.com' }, { headers: { 'X-One': 'b' } });
  await listUsers(client);
  const sent = requests.map(({ headers }) => headers.authorization);
  assert.deepEqual(sent, [undefined, 'Bearer token 1', 'Bearer token 2']);
  assert.equal(requests[1]?.url, '/users?email=a%2Bb%26c%40example.com');
  assert.deepEqual([requests[1]?.headers['x-all'], requests[1]?.headers['x-one']], ['a', 'b']);
});

test('an answer that is none of the contract is an error with its status', async (context) => {
  const { url } = await fake(context, (_, response, index) => {
    const [status, type, body] = [
      [502, 'text/html', '<h1>Bad Gateway</h1>'],
      [200, 'application/json', '{"items":['],
      [500, 'application/problem+json', '{'],
      [418, 'application/problem+json', '{"type":"about:blank","error":"a teapot"}'],
    ][index] as [number, string, string];
    response.writeHead(status, { 'Content-Type': type }).end(body);
  });
  const client = createClient({ baseUrl: url });
  for (const expected of [[502, 'unexpected'], [200, 'unexpected'], [500, 'unexpected'], [418, 'problem']]) {
    const error = await problem(listUsers(client));
    assert.deepEqual([error.status, error.kind], expected);
    assert.ok(error.problem.error.length > 0);
  }
});

test('a path is never made into another one', async () => {
  const client = createClient({ baseUrl: 'http://127.0.0.1:1', fetch: async () => assert.fail('sent') });
  for (const queue of ['', '.', '..']) {
    assert.throws(() => pauseQueue(client, { queue }), RangeError);
  }
});

test('failures of the network and aborts stay what fetch throws', async () => {
  const client = createClient({ baseUrl: 'http://127.0.0.1:1' });
  await assert.rejects(listUsers(client), TypeError);
  await assert.rejects(listUsers(client, {}, { signal: AbortSignal.abort() }), { name: 'AbortError' });
});
