/**
 * Server-sent events (WHATWG HTML, section 9.2) from text as it comes in. Only what nodes send is understood: `event`,
 * `id` and `data` lines; comments keep a connection alive.
 */
export interface ServerEvent {
  /** Default "message". */
  readonly event: string;
  readonly data: string;
  readonly id?: string;
}

/** Takes pieces of a stream, in whatever way they were cut, and gives the events that they complete. */
export interface EventReader {
  push(text: string): readonly ServerEvent[];
}

/** Events longer than `eventCharsMax` (default 1 MiB) end the reading with an Error. */
export function createEventReader(eventCharsMax = 2 ** 20): EventReader {
  let pending = '';
  let event = '';
  let id: string | undefined;
  let data: string[] = [];
  const line = (text: string): ServerEvent | undefined => {
    if (text === '') {
      const complete =
        data.length === 0
          ? undefined
          : { event: event || 'message', data: data.join('\n'), ...(id !== undefined && { id }) };
      event = '';
      data = [];
      return complete;
    }
    const colon = text.indexOf(':');
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id') id = value;
    return undefined;
  };
  return {
    push(text) {
      const lines = (pending + text).split(/\r\n|\n/);
      pending = lines.pop() ?? '';
      if (pending.length + data.reduce((sum, one) => sum + one.length, 0) > eventCharsMax) {
        throw new Error(`an event has more than ${eventCharsMax} characters`);
      }
      return lines.flatMap((one) => line(one) ?? []);
    },
  };
}
