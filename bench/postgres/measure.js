// What the programs of the peers on Node share: the delay from before an enqueueing to the job's start, and the output.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

// Of the other process there are fewer: some peers poll, at twice a second.
const SAMPLES = Number(process.env.LATENCIES ?? 300);
const SAMPLES_FROM_ELSEWHERE = Math.ceil(SAMPLES / 3);

/** The same clock in every process of the machine, in milliseconds. */
const now = () => Number(process.hrtime.bigint()) / 1e6;

export function check(holds, what) {
  if (!holds) throw new Error(what);
}

/** Where the program is the other process, enqueues a job for each line that comes, and never returns. */
export async function serveOrders(enqueue) {
  if (process.argv[3] !== "enqueue") return;
  console.log("ready");
  for await (const _ of createInterface({ input: process.stdin })) await enqueue({ at: now() });
  process.exit(0);
}

/** One job at a time, for a worker that is idle: put in by this process, then by another. */
export async function delaysOf(enqueue, listen, url) {
  const same = await sample(SAMPLES, () => enqueue({ at: now() }), listen);
  const other = spawn(process.execPath, [process.argv[1], url, "enqueue"], { stdio: ["pipe", "pipe", "inherit"] });
  await new Promise((resolve) => other.stdout.once("data", resolve));
  const elsewhere = await sample(SAMPLES_FROM_ELSEWHERE, () => other.stdin.write("\n"), listen);
  other.stdin.end();
  return { same, elsewhere };
}

async function sample(count, enqueue, listen) {
  const found = [];
  for (let i = 0; i < count; i += 1) {
    await sleep(2 + Math.random() * 4);
    const started = new Promise((resolve) => listen((payload) => resolve(now() - payload.at)));
    await enqueue();
    found.push(await started);
  }
  found.sort((a, b) => a - b);
  const percentile = (share) => found[Math.floor((count - 1) * share)];
  return { p50: percentile(0.5), p99: percentile(0.99), max: percentile(1) };
}

export function print(result) {
  console.log(JSON.stringify({ ...result, rss_mib: process.memoryUsage.rss() / 2 ** 20 }));
}
