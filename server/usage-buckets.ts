/** Which token buckets count as what went in and what came out; the units (searches, seconds, images) are neither. */
import type { Bucket } from './call.ts'

export const INPUT_BUCKETS: readonly Bucket[] = [
  'input',
  'cacheRead',
  'cacheWrite',
  'cacheWrite1h',
  'audioInput',
  'audioCacheRead',
  'imageInput',
  'videoInput',
]
export const OUTPUT_BUCKETS: readonly Bucket[] = ['output', 'reasoning', 'audioOutput', 'imageOutput']
