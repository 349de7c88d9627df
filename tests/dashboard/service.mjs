/** The real service as a process of its own, in the folder that has the database. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const binary = process.env.KEIYAKU_BIN;
const secret = { JWT_SECRET: 'a secret of the tests, long enough for HS256' };

export class Service {
  port = '0';
  #process;

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Listens where it did before, if it did. */
  async start() {
    const env = { PORT: this.port, LOG_FORMAT: 'json', ...secret };
    const child = spawn(binary, ['serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the service has ended with ${code}`)));
      createInterface(child.stdout).on('line', (line) => {
        const port = /listening on http:\/\/[^"]*:(\d+)/.exec(line)?.[1];
        if (port) {
          this.port = port;
          this.#process = child;
          resolve();
        }
      });
    });
  }

  async stop(signal = 'SIGTERM') {
    const child = this.#process;
    this.#process = undefined;
    if (child) {
      child.kill(signal);
      await once(child, 'exit');
    }
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
