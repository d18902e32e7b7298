/** Every case by the name in the harness's address. */
import type { Case } from '../case.ts'
import { anthropic } from './anthropic.ts'
import * as dialects from './dialects.ts'
import { hostile } from './hostile.ts'
import * as states from './states.ts'

export const cases: Record<string, Case> = { anthropic, hostile, ...dialects, ...states }
