/**
 * The words of the shared network key (CONF-3): what is public of it, and what those who make it tell each other. Elements of
 * ristretto255 and scalars are their 32 canonical bytes (RFC 9496), so that everything here is plain data.
 */

/** Entropy that is handed in: `length` bytes that nobody can guess and that never come again. Whoever gets them wipes them. */
export type RandomBytes = (length: number) => Uint8Array;

/** How many actors can share a key. */
export const thresholdActorsMax = 64;

/**
 * One making of shares, which everybody describes alike. Actors are numbered from 1 in the order in which they stand here. All
 * messages name the digest of this, so numbers mean these actors and no message counts in another ceremony.
 */
export interface Ceremony {
  /** The network's id, 32 bytes. */
  readonly network: Uint8Array;
  /** 16 to 64 bytes that no other ceremony of the network has. */
  readonly id: Uint8Array;
  /** How many actors together can decrypt: M, 1 to N. */
  readonly threshold: number;
  /** Who gets a share: N ids, all different, up to `thresholdActorsMax`, each 1 to 128 bytes in UTF-8. */
  readonly actors: readonly string[];
  /** Present when the key stays and only its shares are made anew: those who hold shares of it deal, by their numbers in it. */
  readonly previous?: ThresholdKey;
}

/** What everybody may know of a shared key. */
export interface ThresholdKey {
  /** Digest of the ceremony that made these shares: 32 bytes. Resharing changes it, and leaves `publicKey`. */
  readonly ceremony: Uint8Array;
  readonly threshold: number;
  /** The actors by number: the first is 1. */
  readonly actors: readonly string[];
  readonly publicKey: Uint8Array;
  /** The public part of every actor's share, in their order. */
  readonly verificationShares: readonly Uint8Array[];
}

/** Round 1, told to all alike: commitments to a polynomial, and a proof that its dealer knows the constant term. */
export interface Deal {
  readonly ceremony: Uint8Array;
  /** Number of the dealer: in the ceremony, or in the previous key when that is reshared. */
  readonly dealer: number;
  /** As many as the threshold, that of the constant term first. */
  readonly commitments: readonly Uint8Array[];
  /** 64 bytes: R ‖ μ. */
  readonly proof: Uint8Array;
}

/** What a secret is encrypted for. It is not in the ciphertext; everybody who touches that must say the same. */
export interface SecretLabel {
  /** The network's id, 32 bytes. */
  readonly network: Uint8Array;
  readonly epoch: number;
  /** Anything else that belongs to it, up to 1 KiB. */
  readonly associatedData: Uint8Array;
}

/** 32 bytes, encrypted to a shared key. */
export interface ThresholdCiphertext {
  /** Ciphertext ‖ tag, 48 bytes. */
  readonly sealed: Uint8Array;
  /** u, the sender's element for this message; the key is derived from what it becomes under the shared key. */
  readonly element: Uint8Array;
  /** ū, the same power of the second generator. */
  readonly secondElement: Uint8Array;
  /** 64 bytes: e ‖ f. */
  readonly proof: Uint8Array;
}

/** What one actor says of one ciphertext: its element under the actor's share, and a proof of that. */
export interface PartialDecryption {
  /** Of the shares; those of another ceremony do not fit. */
  readonly ceremony: Uint8Array;
  /** The actor's number. */
  readonly actor: number;
  /** Digest of ciphertext and label, 32 bytes. */
  readonly ciphertext: Uint8Array;
  readonly element: Uint8Array;
  /** 64 bytes: e ‖ f. */
  readonly proof: Uint8Array;
}
