/**
 * The smallest protocol with secrets between its users (CONF-5): notes that an actor writes for other actors, and a model for
 * adapters that use `partyRecords`.
 *
 * POST /notes with `{"name": "offer", "text": "42", "with": ["<id>", …]}` answers `{"name", "owner"}` once committed.
 * GET /notes?owner=<id>&name=offer answers `{"text", "parties"}` to owner and parties, and 404 to all others.
 */
import { CocoError, fromUtf8, utf8 } from '@coco/primitives';
import { partyRecords, partyRecordsReader } from '../partyRecords.js';
import type { Adapter, AdapterRequest, AdapterServices, Handled } from '../types.js';

/** What `owner` writes for `parties`, itself included. */
export interface NoteItem {
  readonly owner: string;
  readonly name: string;
  readonly text: string;
  readonly parties: readonly string[];
}

/** Why it was not written, if it was not. */
export interface NoteResult {
  readonly refused?: string;
}

export type NotesAdapter = Adapter<NoteItem, NoteResult>;

const table = 'notes.texts';
const bodyBytesMax = 65_536;

/** A new notes adapter. It has no genesis. */
export function createNotesAdapter(): NotesAdapter {
  let services: AdapterServices<NoteItem, NoteResult> | undefined;
  return {
    name: 'notes',
    routes: [
      { method: 'POST', path: '/notes' },
      { method: 'GET', path: '/notes' },
    ],
    tablePrefixes: ['notes.'],
    async genesis() {},
    start(given) {
      services = given;
    },
    async handle(request) {
      if (services === undefined) throw new Error('requests come after start');
      return request.method === 'GET' ? read(services, request) : write(services, request);
    },
    async execute(transaction, items, _context, limits) {
      const records = partyRecords(transaction, table);
      const results = items.slice(0, limits.itemsMax).map(({ owner, name, text, parties }): NoteResult => {
        try {
          records.put(noteKey(owner, name), utf8(text), { parties });
          return {};
        } catch (error) {
          if (error instanceof CocoError) return { refused: error.message };
          throw error;
        }
      });
      return { results };
    },
    rolledBack() {},
    committed() {},
  };
}

/** With its owner in front: two that choose one name never learn of each other. */
function noteKey(owner: string, name: string): Uint8Array {
  return utf8(`${owner}/${name}`);
}

function read(
  services: AdapterServices<NoteItem, NoteResult>,
  { query, caller }: Pick<AdapterRequest, 'query' | 'caller'>,
): Handled {
  const [, owner = '', name = ''] = /^owner=([0-9a-f]{64})&name=([a-z]{1,64})$/.exec(query) ?? [];
  const note = partyRecordsReader(services.committed(), table).get(noteKey(owner, name), caller);
  if (note === undefined) return answer(404, { error: 'you have no such note' });
  return answer(200, { text: fromUtf8(note.body), parties: note.parties });
}

async function write(
  services: AdapterServices<NoteItem, NoteResult>,
  request: AdapterRequest,
): Promise<Handled> {
  const { caller } = request;
  if (caller.kind !== 'member' && caller.kind !== 'participant') {
    return answer(403, { error: 'notes are written by members and participants' });
  }
  const item = parseNote(request.body, caller.id);
  if (item === undefined) return answer(400, { error: 'the body is not {"name", "text", "with": [ids]}' });
  if (!services.isPrimary) return { kind: 'forward' };
  try {
    const { result, final } = await services.submit(item);
    if (result.refused !== undefined) return answer(400, { error: result.refused });
    if ((await final) !== 'Committed') return answer(503, { error: 'the note was lost; send it again' });
    return answer(200, { name: item.name, owner: item.owner });
  } catch (error) {
    if (!(error instanceof CocoError)) throw error;
    return error.code === 'COCO_WORKER_NOT_PRIMARY'
      ? { kind: 'forward' }
      : answer(503, { error: error.code });
  }
}

function parseNote(body: Uint8Array, owner: string): NoteItem | undefined {
  const parsed = body.length > bodyBytesMax ? undefined : parseJson(body);
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { name, text, with: others } = parsed as Record<string, unknown>;
  if (typeof name !== 'string' || !/^[a-z]{1,64}$/.test(name) || typeof text !== 'string') return undefined;
  if (!Array.isArray(others) || !others.every((one) => typeof one === 'string')) return undefined;
  return { owner, name, text, parties: [owner, ...others] };
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(body) ?? '');
  } catch {
    return undefined;
  }
}

function answer(status: number, body: unknown): Extract<Handled, { readonly kind: 'response' }> {
  const headers = { 'content-type': 'application/json' };
  return { kind: 'response', response: { status, headers, body: utf8(JSON.stringify(body)) } };
}
