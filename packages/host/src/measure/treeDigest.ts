/**
 * The digests of a measurement, from the files' digests; measureCode.ts has the format.
 */
import { cborEncode, sha256 } from '@coco/crypto';
import { compareBytes, fromHex, toHex, utf8 } from '@coco/primitives';

/** `components` must be ascending by name. */
export function treeOf(components: readonly MeasuredComponent[]): string {
  const rows = components.map(({ name, digest }) => [name, fromHex(digest)]);
  return toHex(sha256(cborEncode(['coco.measure.tree.v1', rows])));
}

export interface MeasuredFile {
  readonly path: string;
  /** In bytes. */
  readonly length: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface MeasuredComponent {
  readonly name: string;
  /** Lower-case hex, 32 bytes. */
  readonly digest: string;
  /** Of all files together. */
  readonly bytes: number;
  /** Ascending by path. */
  readonly files: readonly MeasuredFile[];
}

export function componentOf(name: string, files: readonly MeasuredFile[]): MeasuredComponent {
  const keyed = files.map((file) => ({ file, key: utf8(file.path) }));
  const sorted = keyed.sort((a, b) => compareBytes(a.key, b.key)).map(({ file }) => file);
  const rows = sorted.map((file) => [file.path, file.length, fromHex(file.sha256)]);
  return {
    name,
    digest: toHex(sha256(cborEncode(['coco.measure.component.v1', name, rows]))),
    bytes: sorted.reduce((sum, { length }) => sum + length, 0),
    files: sorted,
  };
}

export function treeAndNodeOf(
  tree: string,
  binary: { readonly length: number; readonly sha256: string },
): string {
  const bytes = cborEncode(['coco.measure.node.v1', fromHex(tree), binary.length, fromHex(binary.sha256)]);
  return toHex(sha256(bytes));
}
