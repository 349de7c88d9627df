/** What the types accept and what they refuse. Compiling is the test; nothing here is run. */

import { allJobs, createClient, createUser, enqueueJob, getUser, listUsers, streamJobEvents } from '@keiyaku/sdk';
import type { Client, Job, JobCreate, MissedJobs, User } from '@keiyaku/sdk';
import * as flexible from '@keiyaku/sdk/flexible';

const client: Client = createClient({ baseUrl: new URL('http://localhost') });
const body = { email: 'taro@example.com', age: 25 };

export async function requests(): Promise<void> {
  await createUser(client, { body });
  await createUser(client, { body: { ...body, name: undefined } });
  // @ts-expect-error A misspelt member.
  await createUser(client, { body: { ...body, nmae: 'Taro' } });
  // @ts-expect-error A member is missing.
  await createUser(client, { body: { email: 'taro@example.com' } });
  // @ts-expect-error A member of another type.
  await createUser(client, { body: { ...body, age: '25' } });
  // @ts-expect-error The parameter is in the path.
  await getUser(client, {});
  await listUsers(client);
  // @ts-expect-error A misspelt parameter.
  await listUsers(client, { limt: 10 });

  await flexible.createUser(client, { body: { ...body, nmae: 'Taro', hobby: ['fishing'] } });
  // @ts-expect-error A declared member keeps its type.
  await flexible.createUser(client, { body: { ...body, age: '25' } });
  // @ts-expect-error The server sets this one.
  await flexible.createUser(client, { body: { ...body, id: 1 } });
  await flexible.updateUser(client, { user_id: 1, body: { hobby: null } });
  // @ts-expect-error Jobs are closed in every mode.
  await flexible.enqueueJob(client, { body: { job_type: 'send_welcome_email', payload: { user_id: 1 }, x: 1 } });
}

export async function answers(): Promise<User | string> {
  const answer = await getUser(client, { user_id: 1 });
  // @ts-expect-error With 304 there is no body.
  answer.body.id;
  const status: 200 | 304 = answer.status;
  const etag: string = answer.headers.etag;
  const created = await createUser(client, { body });
  const replayed: boolean | undefined = created.headers.idempotency_replayed;
  // @ts-expect-error The contract has no such header here.
  created.headers.etga;
  return answer.status === 200 ? answer.body : `${status} ${etag} ${replayed}`;
}

export async function jobs(): Promise<void> {
  await enqueueJob(client, { body: { job_type: 'data_analysis', payload: { since: '2026-01-01T00:00:00Z' } } });
  await enqueueJob(client, { body: { job_type: 'send_welcome_email', payload: { user_id: 1 }, priority: 10 } });
  // @ts-expect-error The payload is that of another type.
  await enqueueJob(client, { body: { job_type: 'data_analysis', payload: { user_id: 1 } } });
  // @ts-expect-error A misspelt member of the payload.
  await enqueueJob(client, { body: { job_type: 'data_analysis', payload: { snice: '2026-01-01T00:00:00Z' } } });
  // @ts-expect-error There is no such type.
  await enqueueJob(client, { body: { job_type: 'data_analysys', payload: {} } });
  const job: JobCreate = { job_type: 'erase_mail', payload: { user_id: 1, signed_up_at: '2026-01-01T00:00:00Z' } };
  await enqueueJob(client, { body: job });
}

export async function iteration(): Promise<void> {
  for await (const job of allJobs(client, { status: 'failed' })) {
    const typed: Job = job;
    // @ts-expect-error There is no such status.
    if (typed.status === 'finished') return;
  }
  for await (const event of streamJobEvents(client, { last_event_id: '4711' })) {
    if (event.event === 'job') {
      const job: Job = event.data;
      console.log(job.id);
    } else {
      const missed: MissedJobs = event.data;
      console.log(missed.from);
    }
    // @ts-expect-error There is no such event.
    if (event.event === 'jobs') return;
  }
}
