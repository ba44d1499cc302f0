/**
 * Bundles what runs in a browser into one file: `packages/client/dist/browser/coco-client.js`, an ES module that exports
 * what packages/client/src/browser.ts does. Needs compiled packages (npm run build).
 */
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
export const browserBundle = `${root}packages/client/dist/browser/coco-client.js`;

export async function buildForBrowsers() {
  await build({
    entryPoints: [`${root}packages/client/dist/browser.js`],
    outfile: browserBundle,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'eof',
    logLevel: 'warning',
  });
  return browserBundle;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = await buildForBrowsers();
  process.stdout.write(`${file}: ${Math.ceil(statSync(file).size / 1024)} KiB\n`);
}
