/**
 * Coco's default constitution stands in packages/governance/constitution as plain JavaScript. Put together in this order, the
 * files are one ES module that exports `validate`, `resolve`, `apply` (and `listActions`).
 */

/** Names of the files, in their order. */
export const constitutionFiles: readonly string[] = [
  'checks.js',
  'rows.js',
  'voting.js',
  'actors.js',
  'nodes.js',
  'service.js',
  'code.js',
  'platforms.js',
  'audits.js',
  'apps.js',
  'actions.js',
  'validate.js',
  'resolve.js',
  'apply.js',
];

/** The source of the default constitution; `read` gives the text of one of the files. */
export function defaultConstitution(read: (file: string) => string): string {
  return constitutionFiles.map((file) => `${read(file).trimEnd()}\n`).join('\n');
}
