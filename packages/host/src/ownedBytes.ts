/**
 * Messages on their way to another thread. Copying an array that is a small view of a large buffer would copy all
 * of the buffer: each array travels in memory of its own, which is handed over rather than copied once more.
 */

/** `message` with every array in it, also one level down, copied into memory of its own; and that memory. */
export function ownBytes<Message extends object>(
  message: Message,
): { readonly message: Message; readonly memory: readonly ArrayBuffer[] } {
  const memory: ArrayBuffer[] = [];
  return { message: own(message, 1, memory), memory };
}

function own<Value extends object>(value: Value, depth: number, memory: ArrayBuffer[]): Value {
  let copy: Record<string, unknown> | undefined;
  for (const [key, inner] of Object.entries(value)) {
    let owned: unknown = inner;
    if (inner instanceof Uint8Array) {
      // Always a copy: what is handed over is lost to the sender, which may still need it.
      const bytes = new Uint8Array(inner);
      memory.push(bytes.buffer);
      owned = bytes;
    } else if (depth > 0 && typeof inner === 'object' && inner !== null && !Array.isArray(inner)) {
      owned = own(inner, depth - 1, memory);
    }
    if (owned !== inner) copy = { ...(copy ?? (value as Record<string, unknown>)), [key]: owned };
  }
  return (copy as Value | undefined) ?? value;
}
