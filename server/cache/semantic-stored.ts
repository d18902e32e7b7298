/** A question as it stands with its answer in a file, so that it is found after a restart. */
import type { StoredAlike } from './entry.ts'
import type { Alike, Question } from './semantic.ts'

/** The text only where its embedding is not known yet. */
export const toStored = ({ bucket, text, vector }: Alike): StoredAlike => ({
  bucket,
  text: vector ? null : text,
  vector: vector && Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64'),
})

/** Only what may be on the disk comes from there. */
export function fromStored(key: string, { bucket, text, vector }: StoredAlike): Question {
  const bytes = vector === null ? null : Buffer.from(vector, 'base64')
  return {
    key,
    bucket,
    text,
    // Memory of its own: a pool's slice need not begin where a float may.
    vector: bytes && new Float32Array(Uint8Array.from(bytes).buffer, 0, bytes.length >> 2),
    onDisk: true,
  }
}
