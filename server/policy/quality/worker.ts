/** The judge's thread: one answer after the other. */
import { parentPort } from 'node:worker_threads'
import { judgeAnswer } from './judge-answer.ts'
import { type Question, unjudged } from './rules.ts'
import { createSchemaCheck } from './schema.ts'

const check = createSchemaCheck()
parentPort!.postMessage('ready')

parentPort!.on('message', (question: Question) => {
  void judgeAnswer(question, check)
    .catch((error: Error) => unjudged(`it could not be judged: ${error.message}`))
    .then((verdict) => parentPort!.postMessage(verdict))
})
