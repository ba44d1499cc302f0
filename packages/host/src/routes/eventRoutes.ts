/**
 * The notification of members.
 */
import type { MemberEvents } from '../memberEvents.js';
import { failure } from './answers.js';
import type { Route } from './route.js';
import { plain } from './schemas.js';

export function eventRoutes(events: Pick<MemberEvents, 'hasRoom' | 'subscribe'>): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/node/events',
      summary: 'News of proposals and of the network, as server-sent events; Last-Event-ID resumes',
      answers: {
        200: { description: 'Events', schema: plain.string, contentType: 'text/event-stream' },
      },
      handle: ({ request }) => {
        if (!events.hasRoom) {
          const sentence = 'too many are subscribed to the events of this node; ask another';
          return failure(503, 'SessionCapExhausted', sentence, { 'retry-after': '30' });
        }
        return {
          status: 200,
          headers: { 'content-type': 'text/event-stream' },
          body: new Uint8Array(),
          stream: (stream) => {
            if (!events.subscribe(stream, request.headers['last-event-id'])) stream.end();
          },
        };
      },
    },
  ];
}
