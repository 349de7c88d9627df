/** The real binary, as processes of their own in the folder that has the database. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';

const binary = process.env.KEIYAKU_BIN;
const secret = { JWT_SECRET: 'a secret of the tests, long enough for HS256' };

/** A report on nobody: a job that is done at once. */
export const REPORT = { job_type: 'data_analysis', payload: { until: '2000-01-01T00:00:00Z' } };

export class Service {
  port = '0';
  #environment;
  #process;

  /** It leaves the queue `slow` to others. */
  constructor(environment = { WORKER_QUEUES: 'default,mail,reports' }) {
    this.#environment = environment;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Listens where it did before, if it did. */
  async start() {
    const environment = { PORT: this.port, ...this.#environment };
    const { child, found } = await launch('serve', environment, /listening on http:\/\/[^"]*:(\d+)/);
    this.port = found[1];
    this.#process = child;
  }

  async stop(signal = 'SIGTERM') {
    const child = this.#process;
    this.#process = undefined;
    if (child) {
      await end(child, signal);
    }
  }

  /** What the kernel says of its memory, in MiB: now, and at most. */
  memory() {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, 'utf8');
    const [now, most] = ['VmRSS', 'VmHWM'].map((name) => Number(new RegExp(`${name}:\\s*(\\d+)`).exec(status)[1]) / 1024);
    return { now, most };
  }

  token(scope = 'jobs:read jobs:write') {
    return execFileSync(binary, ['token', '--scope', scope], { env: secret, encoding: 'utf8' }).trim();
  }

  async post(path, body) {
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${this.token()}` };
    const response = await fetch(this.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) {
      throw new Error(`${path}: ${response.status} ${await response.text()}`);
    }
    return response.json();
  }
}

/** A worker beside the service, which can be made to stand still. The browser goes first: what it sees goes on meanwhile. */
export class Worker {
  #process;

  async start(environment) {
    const { child } = await launch('worker', environment, /working/);
    setPriority(child.pid, 19);
    this.#process = child;
  }

  freeze() {
    this.#process.kill('SIGSTOP');
  }

  thaw() {
    this.#process.kill('SIGCONT');
  }

  async stop() {
    await end(this.#process, 'SIGTERM');
  }
}

/** Starts the binary, and waits for what its log says. */
function launch(command, environment, sign) {
  const env = { LOG_FORMAT: 'json', ...secret, ...environment };
  const child = spawn(binary, [command], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${command} has ended with ${code}`)));
    createInterface(child.stdout).on('line', (line) => {
      const found = sign.exec(line);
      if (found) {
        resolve({ child, found });
      }
    });
  });
}

async function end(child, signal) {
  child.kill(signal);
  await once(child, 'exit');
}
