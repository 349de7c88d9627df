import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle';

import { completeAttributes } from './accessible';
import { readDocument } from './document';
import { listenBriefly } from './events';
import { plugin } from './plugin';
import 'swagger-ui-dist/swagger-ui.css';
import '../style/tokens.css';
import './frame.css';
import './swagger-ui.css';

const root = document.getElementById('docs');
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);

async function start(root: HTMLElement): Promise<void> {
  dark.addEventListener('change', follow);
  follow();
  completeAttributes(root);
  SwaggerUI({
    domNode: root,
    spec: await readDocument(),
    plugins: [plugin],
    requestInterceptor: listenBriefly,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    showCommonExtensions: true,
    // Its colours would be written for one theme.
    syntaxHighlight: false,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
}

if (root) {
  start(root).catch((error: unknown) => {
    root.textContent = `/openapi.json could not be read, reload to try again: ${error}`;
  });
}
