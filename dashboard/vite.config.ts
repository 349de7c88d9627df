import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vite';

export default defineConfig({
  base: '/dashboard/',
  resolve: {
    alias: { '@keiyaku/sdk': fileURLToPath(new URL('../generated/sdk/typescript/src/index.ts', import.meta.url)) },
  },
  build: {
    // The pages' policy lets nothing in that is not a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // What the pages are bundled from, for packaging/notices.py; a hidden file, which the service does not embed.
    license: { fileName: '.vite/licences.json' },
    target: 'es2022',
    rolldownOptions: { input: ['index.html', 'docs.html'], checks: { pluginTimings: false } },
    // Swagger UI is as large as that.
    chunkSizeWarningLimit: 2000,
  },
  server: {
    // `npm run dev` beside a service on its usual port.
    proxy: Object.fromEntries(['/jobs', '/queues', '/workers', '/users', '/openapi.json'].map((path) => [path, 'http://127.0.0.1:8080'])),
  },
});
