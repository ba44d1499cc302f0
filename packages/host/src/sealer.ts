/**
 * The platform's sealing: bytes that this node can put on a disk that it does not trust, and read back, and nobody
 * else can read or forge (CONF-1). What stands behind it (a TEE's sealing key, or for development a file) is the
 * platform's business. Sealing does not prevent that the disk shows an older sealed file again.
 */
export interface Sealer {
  /** Name of the platform, for example "virtual". */
  readonly platform: string;
  /** True when the platform proves nothing: every screen that shows the platform says so. */
  readonly provesNothing: boolean;
  /** Seals `secret` for `purpose`, for example "node key". */
  seal(purpose: string, secret: Uint8Array): Uint8Array;
  /** What was sealed for `purpose`. COCO_HOST_SEALED when it was not, or not here, or was changed. */
  open(purpose: string, sealed: Uint8Array): Uint8Array;
}
