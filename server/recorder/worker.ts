/** The file that the recorder's worker is started with; what it does is in thread.ts. */
import { runRecorderThread } from './thread.ts'

await runRecorderThread()
