import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

async function bundled(source: string): Promise<{ bytes: number; text: string }> {
  const result = await build({
    stdin: { contents: source, resolveDir: dirname(fileURLToPath(import.meta.url)) },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  const text = result.outputFiles[0]?.text ?? '';
  return { bytes: gzipSync(text).length, text };
}

test('a bundle of two operations is small', async (context) => {
  const { bytes, text } = await bundled(`export { createClient, createUser, getUser } from '@keiyaku/sdk';`);
  context.diagnostic(`two operations: ${bytes} bytes gzipped`);
  assert.ok(bytes < 4_000, `${bytes} bytes gzipped`);
  for (const unused of ['/jobs', 'text/event-stream', 'next_cursor', 'application/merge-patch+json']) {
    assert.ok(!text.includes(unused), `${unused} is not used and in the bundle`);
  }
});

test('the flexible entry point costs nothing', async () => {
  const names = 'createClient, createUser, getUser';
  const closed = await bundled(`export { ${names} } from '@keiyaku/sdk';`);
  const open = await bundled(`export { ${names} } from '@keiyaku/sdk/flexible';`);
  assert.ok(open.bytes <= closed.bytes + 30, `${open.bytes} and ${closed.bytes} bytes`);
});

test('the whole is small, too', async (context) => {
  const { bytes } = await bundled(`export * from '@keiyaku/sdk';`);
  context.diagnostic(`all operations: ${bytes} bytes gzipped`);
  assert.ok(bytes < 8_000, `${bytes} bytes gzipped`);
});

test('an import that uses nothing leaves nothing', async () => {
  assert.equal((await bundled(`import '@keiyaku/sdk';`)).text, '');
});
