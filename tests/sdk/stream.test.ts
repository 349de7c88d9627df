import assert from 'node:assert/strict';
import test from 'node:test';

import { ProblemError, createClient, enqueueJob, streamJobEvents } from '@keiyaku/sdk';
import type { StreamJobEventsEvent, StreamState } from '@keiyaku/sdk';

import { Service, eventually, fake } from './support.js';

const job = (id: number) => `id: ${id}\nevent: job\ndata: {"id":${id},\ndata: "status":"pending"}\n\n`;
const STREAM = { 'Content-Type': 'text/event-stream' };

/** So many events, then the end. */
async function take(events: AsyncIterable<StreamJobEventsEvent>, count: number): Promise<StreamJobEventsEvent[]> {
  const taken: StreamJobEventsEvent[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) {
      break;
    }
  }
  return taken;
}

test('jobs of the real service, across its restart', { timeout: 60_000 }, async (context) => {
  const service = await Service.start(context);
  const client = createClient({ baseUrl: service.url, token: () => service.token() });
  const stop = new AbortController();
  const states: StreamState['state'][] = [];
  const options = { signal: stop.signal, onState: ({ state }: StreamState) => void states.push(state) };
  // A job can be told twice around a break.
  const done = new Set<number>();
  const reading = (async () => {
    for await (const event of streamJobEvents(client, { job_type: 'data_analysis' }, options)) {
      assert.match(event.id, /^\d+$/);
      if (event.event === 'job' && event.data.status === 'completed') {
        done.add(event.data.id);
      }
    }
  })();
  const opened = (times: number) =>
    eventually(`opened ${times} times`, async () => {
      return states.filter((state) => state === 'open').length >= times || undefined;
    });
  const enqueue = async () =>
    (await enqueueJob(client, { body: { job_type: 'data_analysis', payload: {} } })).body.id;
  const told = (id: number) => eventually(`job ${id} is told`, async () => done.has(id) || undefined);

  await opened(1);
  const first = await enqueue();
  await service.stop();
  await service.start();
  // Put in while nobody follows: the stream goes on where it was.
  const second = await enqueue();
  await opened(2);
  await Promise.all([told(first), told(second)]);
  await service.stop('SIGKILL');
  await service.start();
  await opened(3);
  await told(await enqueue());
  stop.abort();
  await reading;
  assert.equal(done.size, 3);
  assert.deepEqual(states.slice(0, 3), ['connecting', 'open', 'waiting']);
});

test('a break repeats nothing and loses nothing', async (context) => {
  const { url, requests } = await fake(context, (request, response, index) => {
    response.writeHead(200, STREAM);
    if (index === 0) {
      // Whole events, an id by itself, and one event that is cut off.
      response.write(`retry: 20\nid: 3\n\n${job(4)}id: 6\n\nid: 7\nevent: job\ndata: {`);
      setTimeout(() => request.socket.destroy(), 50);
    } else if (index === 1) {
      response.end(`event: of a newer service\ndata: x\n\n: still there\n\n`);
    } else {
      response.write(`${job(8)}event: missed\ndata: {"from":9,"to":11}\nid: 11\n\n`);
    }
  });
  const states: StreamState[] = [];
  const client = createClient({ baseUrl: url, token: 'abc' });
  const events = await take(streamJobEvents(client, { queue: 'a b' }, { onState: (state) => states.push(state) }), 3);
  assert.deepEqual(events, [
    { event: 'job', id: '4', data: { id: 4, status: 'pending' } },
    { event: 'job', id: '8', data: { id: 8, status: 'pending' } },
    { event: 'missed', id: '11', data: { from: 9, to: 11 } },
  ]);
  assert.deepEqual(requests.map(({ headers }) => headers['last-event-id']), [undefined, '6', '6']);
  assert.deepEqual([requests[2]?.url, requests[2]?.headers.authorization], ['/jobs/events?queue=a%20b', 'Bearer abc']);
  const once = ['connecting', 'open', 'waiting'];
  assert.deepEqual(states.map(({ state }) => state), [...once, ...once, 'connecting', 'open']);
  const waits = states.flatMap((state) => (state.state === 'waiting' ? [state] : []));
  assert.deepEqual(waits.map(({ delay }) => delay), [20, 20], 'as the service has said');
  assert.ok(waits[0]?.reason instanceof TypeError && waits[1]?.reason === undefined);
});

test('begins after the event that it is told, and waits as long as an overloaded service asks', async (context) => {
  const { url, requests } = await fake(context, (_, response, index) => {
    if (index < 2) {
      response.writeHead(index === 0 ? 503 : 429, { 'Retry-After': '0' }).end();
    } else {
      response.writeHead(200, STREAM).write(job(9));
    }
  });
  const events = await take(streamJobEvents(createClient({ baseUrl: url }), { last_event_id: '9007199254740993' }), 1);
  assert.equal(events[0]?.id, '9');
  assert.deepEqual(requests.map(({ headers }) => headers['last-event-id']), Array(3).fill('9007199254740993'));
});

test('what another connection would not change is thrown', async (context) => {
  const { url, requests } = await fake(context, (_, response, index) =>
    index === 0 ? response.writeHead(403).end() : response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>'),
  );
  const client = createClient({ baseUrl: url });
  for (const status of [403, 200]) {
    const refused = (error: unknown) => error instanceof ProblemError && error.status === status;
    await assert.rejects(take(streamJobEvents(client), 1), refused);
  }
  assert.equal(requests.length, 2);
});

test('a connection that is silent is given up for another', async (context) => {
  const { url, requests } = await fake(context, (_, response, index) => {
    response.writeHead(200, STREAM).write(index === 0 ? 'retry: 0\n\n' : job(1));
  });
  const [event] = await take(streamJobEvents(createClient({ baseUrl: url }), {}, { silence: 100 }), 1);
  assert.deepEqual([event?.id, requests.length], ['1', 2]);
});

test('an abort ends the stream wherever it is, and leaving the loop ends the connection', async (context) => {
  let closed = 0;
  const { url } = await fake(context, (request, response) => {
    request.socket.once('close', () => (closed += 1));
    response.writeHead(200, STREAM).write(job(1));
  });
  const client = createClient({ baseUrl: url });
  await take(streamJobEvents(client), 1);
  const open = await take(streamJobEvents(client, {}, { signal: AbortSignal.timeout(200) }), 2);
  assert.equal(open.length, 1);
  const nobody = createClient({ baseUrl: 'http://127.0.0.1:1' });
  assert.deepEqual(await take(streamJobEvents(nobody, {}, { signal: AbortSignal.timeout(100) }), 1), []);
  assert.deepEqual(await take(streamJobEvents(client, {}, { signal: AbortSignal.abort() }), 1), []);
  while (closed < 2) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});
