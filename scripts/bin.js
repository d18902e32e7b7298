#!/usr/bin/env node
/**
 * What `weir` runs, as dist/main.js: looks at the runtime before anything that an old one could not parse is loaded.
 * Plain JavaScript in old syntax, for the same reason. server/main.ts is where Weir begins.
 */
import process from 'node:process'

const found = process.versions.node.split('.').map(Number)
const isOld = found[0] < 24 || (found[0] === 24 && found[1] < 6)

if (isOld) {
  console.error(
    'Weir needs Node 24.6 or newer, this is ' +
      process.versions.node +
      ': install it from https://nodejs.org, or use the container image.',
  )
  process.exit(1)
} else {
  await import('./weir.js')
}
