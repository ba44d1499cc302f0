/**
 * Takes the target of a request apart, strictly: one path has one spelling, so that what is authorised is what is
 * served. A spelling that another program on the way might read differently is refused rather than repaired.
 */

export interface HttpTarget {
  /** Decoded; begins with a slash; no empty, `.` or `..` segment except a last empty one ("/gov/"). */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
}

/** The path and query that `url` names, or undefined when it is not in origin form or its path is ambiguous. */
export function parseTarget(url: string): HttpTarget | undefined {
  const mark = url.indexOf('?');
  const raw = mark === -1 ? url : url.slice(0, mark);
  const query = mark === -1 ? '' : url.slice(mark + 1);
  if (!raw.startsWith('/') || !/^[\x21-\x7e]*$/.test(url) || /[\\#]/.test(url)) return undefined;
  const path = decodePath(raw);
  return path === undefined || !isPlain(path, raw) ? undefined : { path, query };
}

function decodePath(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}

function isPlain(path: string, raw: string): boolean {
  // An escaped slash would make two segments out of one, an escaped percent sign two decodings out of one.
  if (path.split('/').length !== raw.split('/').length || /%25/.test(raw)) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u001f\u007f-\u009f\\]/.test(path)) return false;
  // Dots and slashes in other scripts, and letters with several spellings.
  if (path.normalize('NFKC') !== path) return false;
  const segments = path.slice(1).split('/');
  return segments.every(
    (segment, index) =>
      segment !== '.' && segment !== '..' && (segment !== '' || index === segments.length - 1),
  );
}
