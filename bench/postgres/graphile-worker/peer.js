// graphile-worker: no-op jobs per second from a full queue, and enqueue to start of single jobs.
//
// `node peer.js DATABASE_URL JOBS` prints one line of JSON. Measured is the library with what its page on performance
// advises: a local queue, completions in batches without a pause, a pool of one connection more than jobs at a time. Not
// measured: filling, failing jobs, several processes. A job that is done is deleted, so the end is an empty table.

import { createRequire } from "node:module";
import graphile from "graphile-worker";
import { check, delaysOf, print, serveOrders } from "./measure.js";

const { Logger, makeWorkerUtils, run } = graphile;
const [url, count] = process.argv.slice(2);
const jobs = Number(count);
const concurrentJobs = Number(process.env.CONCURRENT ?? 24);
const size = Number(process.env.BATCH ?? 500);
const worker = {
  connectionString: url,
  concurrentJobs,
  maxPoolSize: concurrentJobs + 1,
  localQueue: { size },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
};
// The default logger prints a line for each job.
const logger = new Logger(() => (level, message) => level === "error" && console.error(message));
const options = { preset: { worker }, logger };

const utils = await makeWorkerUtils(options);
await serveOrders((payload) => utils.addJob("noop", payload));
await utils.migrate();
for (let first = 0; first < jobs; first += 1000) {
  const some = Math.min(1000, jobs - first);
  await utils.addJobs(Array(some).fill({ identifier: "noop", payload: {} }));
}
const rows = async (query) => utils.withPgClient(async (client) => (await client.query(query)).rows);
await rows("ANALYZE");

let started = 0;
let onLast = () => {};
let onStart = () => {};
async function noop(payload) {
  onStart(payload);
  started += 1;
  if (started === jobs) onLast();
}
const last = new Promise((resolve) => (onLast = resolve));
const begun = performance.now();
const runner = await run({ ...options, taskList: { noop }, crontab: "", noHandleSignals: true });
await last;
while ((await rows("SELECT FROM graphile_worker._private_jobs LIMIT 1")).length > 0);
const elapsed = performance.now() - begun;
check(started === jobs, "each job ran once");

const delays = await delaysOf((payload) => runner.addJob("noop", payload), (listener) => (onStart = listener), url);
const version = createRequire(import.meta.url)("graphile-worker/package.json").version;
const settings = `${concurrentJobs} at a time, local queue of ${size}, completions in batches`;
print({ peer: "graphile-worker", version, jobs, jobs_per_second: jobs / (elapsed / 1e3), ...delays, settings });
await runner.stop();
await utils.release();
