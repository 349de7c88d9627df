// pg-boss: no-op jobs per second from a full queue, and enqueue to start of single jobs.
//
// `node peer.js DATABASE_URL JOBS` prints one line of JSON. Measured is the library with its own means: workers that take
// batches, and `notifyWorker`, which has a worker look again at once where it would wait for the rest of its interval; it is
// called where a batch was full, and after an enqueueing in the same process. What another process puts in waits for the
// interval, whose least is half a second. A batch is done or fails as a whole, which is the price of a large one. Not
// measured: filling, failing jobs, several processes, maintenance (off).
//
// A batch's completion is not awaited by its worker, so the end is seen in the table.

import { createRequire } from "node:module";
import PgBoss from "pg-boss";
import { check, delaysOf, print, serveOrders } from "./measure.js";

const [url, count] = process.argv.slice(2);
const jobs = Number(count);
const workers = Number(process.env.CONCURRENT ?? 2);
const batchSize = Number(process.env.BATCH ?? 5000);
const boss = new PgBoss({ connectionString: url, max: workers + 2, supervise: false, schedule: false });
boss.on("error", (error) => {
  console.error(error);
  process.exit(1);
});

await boss.start();
await serveOrders((data) => boss.send("noop", data));
await boss.createQueue("noop");
for (let first = 0; first < jobs; first += 1000) {
  await boss.insert(Array(Math.min(1000, jobs - first)).fill({ name: "noop", data: {} }));
}
const rows = async (query) => (await boss.getDb().executeSql(query, [])).rows;
await rows("ANALYZE");

let started = 0;
let onLast = () => {};
let onStart = () => {};
const ids = [];
async function start(index) {
  const options = { batchSize, pollingIntervalSeconds: 0.5, priority: false };
  ids[index] = await boss.work("noop", options, async (batch) => {
    for (const job of batch) onStart(job.data);
    started += batch.length;
    if (batch.length === batchSize) boss.notifyWorker(ids[index]);
    if (started === jobs) onLast();
  });
}
const last = new Promise((resolve) => (onLast = resolve));
const begun = performance.now();
for (let index = 0; index < workers; index += 1) await start(index);
await last;
while ((await rows("SELECT FROM pgboss.job WHERE name = 'noop' AND state < 'completed' LIMIT 1")).length > 0);
const elapsed = performance.now() - begun;
check(started === jobs, "each job ran once");

async function enqueue(data) {
  await boss.send("noop", data);
  boss.notifyWorker(ids[0]);
}
const delays = await delaysOf(enqueue, (listener) => (onStart = listener), url);
const version = createRequire(import.meta.url)("pg-boss/package.json").version;
const settings = `${workers} workers, batches of ${batchSize}, polls every 500 ms, notifyWorker`;
print({ peer: "pg-boss", version, jobs, jobs_per_second: jobs / (elapsed / 1e3), ...delays, settings });
await boss.stop({ graceful: false, wait: false });
process.exit(0);
