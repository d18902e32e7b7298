/**
 * A histogram with logarithmic buckets (DDSketch, https://arxiv.org/abs/1908.10693): every percentile is within 1 % of the
 * truth, two sketches add up to exactly the sketch of all their values, and a value can be taken out again. Percentiles themselves
 * cannot be added, and keeping all durations is what rollups are there to avoid. One minute to one hour are 206 buckets;
 * a typical row holds a handful, two bytes each.
 */

/** (1 + α) / (1 − α) for α = 1 %. */
const GAMMA = 1.01 / 0.99
export const LN_GAMMA = Math.log(GAMMA)
/** 10 µs: below it durations are not measured. */
export const SMALLEST = 0.01

/** Bucket number → count. Bucket i holds (γ^(i−1), γ^i] milliseconds. */
export type Sketch = Map<number, number>

export const bucketOf = (value: number): number => Math.ceil(Math.log(Math.max(value, SMALLEST)) / LN_GAMMA)

export const addTo = (sketch: Sketch, bucket: number, count: number): void => {
  const sum = (sketch.get(bucket) ?? 0) + count
  if (sum === 0) sketch.delete(bucket)
  else sketch.set(bucket, sum)
}

export const mergeInto = (sketch: Sketch, other: Sketch, sign: 1 | -1 = 1): void => {
  for (const [bucket, count] of other) addTo(sketch, bucket, sign * count)
}

/** The value that a share `q` (0 to 1) of all values does not exceed; null when there are none. */
export const quantile = (sketch: Sketch, q: number): number | null => {
  const buckets = [...sketch].filter(([, count]) => count > 0).sort((a, b) => a[0] - b[0])
  const total = buckets.reduce((sum, [, count]) => sum + count, 0)
  if (total === 0) return null
  const rank = Math.max(1, Math.ceil(q * total))
  let seen = 0
  for (const [bucket, count] of buckets) {
    seen += count
    if (seen >= rank) return (2 * GAMMA ** bucket) / (GAMMA + 1)
  }
  return null
}

/** Variable-length integers, bucket ascending: distance to the bucket before (the first zigzag), count. null when empty. */
export const toBytes = (sketch: Sketch): Buffer | null => {
  const buckets = [...sketch].filter(([, count]) => count > 0).sort((a, b) => a[0] - b[0])
  if (buckets.length === 0) return null
  const bytes: number[] = []
  let before = 0
  buckets.forEach(([bucket, count], i) => {
    pushVarint(bytes, i === 0 ? (bucket < 0 ? -2 * bucket - 1 : 2 * bucket) : bucket - before)
    pushVarint(bytes, count)
    before = bucket
  })
  return Buffer.from(bytes)
}

/** Adds the sketch in `bytes` to `sketch`, without building it first: charts merge thousands. */
export const mergeBytes = (sketch: Sketch, bytes: Uint8Array | null, sign: 1 | -1 = 1): void => {
  if (!bytes || bytes.length === 0) return
  let at = 0
  let bucket = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++]!
      value += (byte & 127) * scale
      if (byte < 128) break
    }
    return value
  }
  const first = varint()
  bucket = first % 2 === 1 ? -(first + 1) / 2 : first / 2
  addTo(sketch, bucket, sign * varint())
  while (at < bytes.length) {
    bucket += varint()
    addTo(sketch, bucket, sign * varint())
  }
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
}
