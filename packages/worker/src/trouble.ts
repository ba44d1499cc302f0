/**
 * What went wrong in an adapter, as one bounded line for a log. What an adapter throws may quote hostile input.
 */

const lengthMax = 500;

export function describeTrouble(what: string, error: unknown): string {
  const text = `${what}: ${error instanceof Error ? `${error.name}: ${error.message}` : typeof error}`;
  return text.slice(0, lengthMax).replace(/[^\x20-\x7e]/g, '?');
}
