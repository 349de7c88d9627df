/** The real service as a process of its own, and small services that behave as no real one should. */

import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';

const binary = process.env['KEIYAKU_BIN'] ?? 'keiyaku';
const secret = { JWT_SECRET: 'a secret of the tests, long enough for HS256' };

/** A service with a database of its own; it ends with the test. */
export class Service {
  port = '0';
  #folder = mkdtempSync(join(tmpdir(), 'keiyaku-sdk-'));
  #process: ChildProcess | undefined;

  private constructor(readonly environment: Record<string, string>) {}

  static async start(test: Pick<TestContext, 'after'>, environment: Record<string, string> = {}): Promise<Service> {
    const service = new Service(environment);
    test.after(async () => {
      await service.stop();
      rmSync(service.#folder, { recursive: true });
    });
    await service.start();
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Listens where it did before, if it did. */
  async start(): Promise<void> {
    const env = { PORT: this.port, LOG_FORMAT: 'json', RATE_LIMIT_RPS: '0', ...secret, ...this.environment };
    const child = spawn(binary, ['serve'], { cwd: this.#folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the service has ended with ${code}`)));
      createInterface(child.stdout).on('line', (line) => {
        const port = /listening on http:\/\/[^"]*:(\d+)/.exec(line)?.[1];
        if (port) {
          this.port = port;
          resolve();
        }
      });
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child) {
      child.kill(signal);
      await once(child, 'exit');
    }
  }

  token(scope = 'users:read users:write jobs:read jobs:write'): string {
    const env = { ...secret };
    return execFileSync(binary, ['token', '--scope', scope], { cwd: this.#folder, env, encoding: 'utf8' }).trim();
  }
}

/** A service that answers each request as the test says; the requests that it had are in the list. */
export async function fake(
  test: Pick<TestContext, 'after'>,
  answer: (request: IncomingMessage, response: ServerResponse, index: number) => void,
): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    request.resume();
    requests.push(request);
    answer(request, response, requests.length - 1);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** Waits until something is there. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (let waited = 0; waited < 30_000; waited += 20) {
    const found = await look();
    if (found !== undefined) {
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${what}: not in time`);
}
