// plainjob on better-sqlite3: no-op jobs per second from a full queue, and enqueue to start of single jobs.
//
// `node peer.js DATABASE JOBS normal|full` prints one line of JSON. Measured is the library with its own means:
// `addMany` fills the queue, one worker empties it (it runs one job at a time, by design), and the end is its
// `onCompleted` of the last, which it calls after the job's commit. Not measured: filling, failing jobs, several
// processes (its README advises them for high throughput; two on one file were no faster here, and one of them gave up
// with SQLITE_BUSY).
//
// plainjob sets synchronous to NORMAL when the queue is defined; for FULL the pragma is set after that, on the same
// and only connection. It polls when idle; the interval is set to 1 ms (its default is 1 s) and bounds the latency.

import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { better, defineQueue, defineWorker, JobStatus } from "plainjob";

const LEVELS = { normal: 1, full: 2 };
const [path, count, synchronous] = process.argv.slice(2);
const jobs = Number(count);
const samples = Number(process.env.LATENCIES ?? 300);
// The default logger is the console, which would print several lines a job.
const logger = { error: console.error, warn() {}, info() {}, debug() {} };

const database = new Database(path);
const queue = defineQueue({ connection: better(database), logger });
database.pragma(`synchronous = ${synchronous}`);

function check(holds, what) {
  if (!holds) throw new Error(what);
}

function checkLevel() {
  check(database.pragma("synchronous", { simple: true }) === LEVELS[synchronous], "synchronous is not as asked");
}

let onStart = () => {};
let completed = 0;
let onLast = () => {};
const worker = defineWorker("noop", async () => onStart(performance.now()), {
  queue,
  logger,
  pollIntervall: 1,
  onCompleted() {
    completed += 1;
    if (completed === jobs) onLast(performance.now());
  },
});

async function throughput() {
  for (let first = 0; first < jobs; first += 1000) {
    queue.addMany("noop", Array(Math.min(1000, jobs - first)).fill({}));
  }
  checkLevel();
  const last = new Promise((resolve) => (onLast = resolve));
  const begun = performance.now();
  worker.start().catch((error) => {
    console.error(error);
    process.exit(1);
  });
  const elapsed = (await last) - begun;
  check(queue.countJobs({ status: JobStatus.Done }) === jobs, "not all jobs are done");
  return jobs / (elapsed / 1e3);
}

/** In milliseconds, sorted: one job at a time, for a worker that is idle. */
async function latencies() {
  const found = [];
  for (let i = 0; i < samples; i++) {
    await sleep(2 + Math.random() * 4);
    const started = new Promise((resolve) => (onStart = resolve));
    const enqueued = performance.now();
    queue.add("noop", {});
    found.push((await started) - enqueued);
  }
  return found.sort((a, b) => a - b);
}

const jobsPerSecond = await throughput();
const found = await latencies();
checkLevel();
const result = {
  peer: "plainjob",
  version: createRequire(import.meta.url)("plainjob/package.json").version,
  synchronous,
  jobs,
  jobs_per_second: jobsPerSecond,
  latency_p50_ms: found[Math.floor((samples - 1) * 0.5)],
  latency_p99_ms: found[Math.floor((samples - 1) * 0.99)],
  settings: "better-sqlite3 12, one worker, polls every 1 ms, silent logger",
};
console.log(JSON.stringify(result));
await worker.stop();
queue.close();
