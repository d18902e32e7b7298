/** The file that says of a data folder that its calls are made up. Apart, because every start looks for it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export const MARK = 'DEMO'

export const isDemoFolder = (data: string): boolean => existsSync(join(data, MARK))
