#!/usr/bin/env -S node --initial-old-space-size=256
/**
 * `coco`: starts the built command, or says how to build it.
 *
 * The option is for `coco node start`, whose small heap and large traffic make V8 collect all of it several times a
 * second, an eighth of the processor's time, unless it is told that it may grow to so many MiB first.
 */
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (!existsSync(main)) {
  console.error('coco: not built yet; run `npm run build` in the checkout first');
  process.exit(1);
}
await import(main.href);
