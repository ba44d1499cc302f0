#!/usr/bin/env node
/**
 * `coco`: starts the built command, or says how to build it.
 */
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (!existsSync(main)) {
  console.error('coco: not built yet; run `npm run build` in the checkout first');
  process.exit(1);
}
await import(main.href);
