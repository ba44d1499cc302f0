/**
 * Loads adapters by module name: each module exports `createAdapter(settings)`.
 */
import type { Adapter } from '@coco/adapter';
import { CocoError } from '@coco/primitives';
import type { AdapterChoice } from './config.js';

/** An adapter, and how to let go of what it holds (threads, for example). */
export interface LoadedAdapter {
  readonly adapter: Adapter<unknown, unknown>;
  readonly close: () => Promise<void>;
}

type CreateAdapter = (settings: unknown) => Promise<LoadedAdapter> | LoadedAdapter;

/** COCO_HOST_ADAPTER when a module is missing or exports no `createAdapter`. */
export async function loadAdapters(choices: readonly AdapterChoice[]): Promise<readonly LoadedAdapter[]> {
  return Promise.all(choices.map(async ({ module, settings }) => (await importAdapter(module))(settings)));
}

async function importAdapter(module: string): Promise<CreateAdapter> {
  try {
    const { createAdapter } = (await import(module)) as { readonly createAdapter?: CreateAdapter };
    if (createAdapter !== undefined) return createAdapter;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CocoError('COCO_HOST_ADAPTER', `the adapter ${module} cannot be loaded: ${reason}`, { module });
  }
  throw new CocoError('COCO_HOST_ADAPTER', `${module} is not an adapter: it exports no createAdapter`, {
    module,
  });
}
