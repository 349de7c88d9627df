/** The page of a frontend developer, built by Vite from the packed SDK, in a browser, on another origin than the service. */

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { gzipSync } from 'node:zlib';

import { chromium } from 'playwright-core';

const dist = new URL('page/dist/', import.meta.url).pathname;
const types = { '.html': 'text/html', '.js': 'text/javascript' };

/** Where the page lies. */
async function site(context) {
  const server = createServer((request, response) => {
    const name = new URL(request.url, 'http://page').pathname.slice(1) || 'index.html';
    try {
      const content = readFileSync(join(dist, name));
      response.writeHead(200, { 'content-type': types[extname(name)] ?? 'application/octet-stream' }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** The service, which lets pages of this origin in. */
async function service(context, origin) {
  const cwd = mkdtempSync(join(tmpdir(), 'keiyaku-afternoon-'));
  const env = { PORT: '0', LOG_FORMAT: 'json', RATE_LIMIT_RPS: '0', CORS_ALLOW_ORIGINS: origin };
  const child = spawn(process.env.KEIYAKU_BIN, ['serve'], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  context.after(async () => {
    child.kill();
    await once(child, 'exit');
    rmSync(cwd, { recursive: true });
  });
  for await (const line of createInterface(child.stdout)) {
    const address = /listening on (http:\/\/[^"]*)/.exec(line)?.[1];
    if (address) {
      // What it writes from now on is not waited for.
      child.stdout.resume();
      return address;
    }
  }
  throw new Error('the service has ended');
}

test('types and size', (context) => {
  execFileSync('node_modules/.bin/tsc', { cwd: new URL('page', import.meta.url), stdio: 'inherit' });
  execFileSync('node_modules/.bin/vite', ['build', '--logLevel', 'warn'], { cwd: new URL('page', import.meta.url), stdio: 'inherit' });
  const scripts = readdirSync(join(dist, 'assets')).filter((name) => name.endsWith('.js'));
  const bytes = scripts.map((name) => gzipSync(readFileSync(join(dist, 'assets', name))).length).reduce((sum, size) => sum + size, 0);
  context.diagnostic(`the page, which signs up and follows: ${bytes} bytes gzipped`);
  assert.ok(bytes < 12_000, `${bytes} bytes gzipped`);
});

test('a visitor signs up and sees what becomes of it', async (context) => {
  const origin = await site(context);
  const api = await service(context, origin);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  context.after(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(10_000);
  const troubles = [];
  page.on('pageerror', (error) => troubles.push(error.message));
  await page.goto(`${origin}/?api=${encodeURIComponent(api)}`);
  const beside = (name) => page.locator(`#${name}-error`).textContent();

  await page.getByLabel('E-mail').fill('taro');
  await page.getByLabel('Age').fill('-1');
  await page.getByLabel('Name').fill('x'.repeat(101));
  await page.getByRole('button', { name: 'Sign up' }).click();
  await page.getByRole('alert').getByText('Email address format is invalid').waitFor();
  for (const name of ['email', 'age', 'name']) {
    assert.notEqual(await beside(name), '', name);
  }

  await page.getByLabel('E-mail').fill('taro@example.com');
  await page.getByLabel('Age').fill('25');
  await page.getByLabel('Name').fill('Tarō');
  await page.getByRole('button', { name: 'Sign up' }).click();
  await page.getByRole('listitem').filter({ hasText: 'completed' }).waitFor();
  assert.equal(await beside('email') + (await beside('age')) + (await beside('name')), '');
  assert.equal(await page.getByRole('alert').textContent(), '');

  await page.getByRole('button', { name: 'Sign up' }).click();
  await page.getByRole('alert').getByText('Email address is already taken').waitFor();
  assert.deepEqual(troubles, []);
});
