/**
 * Ids exactly as a client wrote them. JSON.parse rounds numbers beyond 2^53, and a client that counts in 64 bits
 * would not recognise the answer; only for those is the text read a second time.
 */

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+)/y;

/**
 * The text of the member "id" of each call in `text`, which is valid JSON: of the array's elements when `batch`,
 * else of the one object. Undefined where there is none or it is not a scalar.
 */
export function exactIds(text: string, batch: boolean): (string | undefined)[] {
  const callDepth = batch ? 2 : 1;
  const ids: (string | undefined)[] = [];
  let index = 0;
  let depth = 0;
  let previous = '';
  let isIdKey = false;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const token = match[1] as string;
    if (isIdKey) {
      ids[index] = token === '{' || token === '[' ? undefined : token;
      isIdKey = false;
    }
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (token === ',' && depth === callDepth - 1) index += 1;
    else if (token === ':' && depth === callDepth) isIdKey = JSON.parse(previous) === 'id';
    previous = token;
  }
  return ids;
}
