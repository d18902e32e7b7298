/**
 * A provider for official clients: it answers in the formats of OpenAI, Anthropic, Google and Ollama, whole or as a stream, as
 * their recordings have them. A question with tools is answered with a call of the first tool, anything else with two words.
 */
import { geminiAnswer, geminiStream, message, messageEvents, ollamaLines } from './formats.ts'
import { chat, chatEvents, embeddings, file, response, responseEvents } from './formats-openai.ts'
import { type Answer, json, type SeenRequest, stream } from './provider.ts'

/** By path, in the order of asking. */
const ANSWERS: [path: RegExp, answer: (request: SeenRequest) => Answer][] = [
  [/\/chat\/completions$/, ({ json: asked }) => (asked.stream ? stream(chatEvents(asked)) : json(chat(asked)))],
  [/\/responses$/, ({ json: asked }) => (asked.stream ? stream(responseEvents(asked)) : json(response(asked)))],
  [/\/embeddings$/, ({ json: asked }) => json(embeddings(asked))],
  [/\/files$/, ({ body }) => json(file(body))],
  [/\/messages\/count_tokens$/, () => json({ input_tokens: 14 })],
  [/\/messages$/, ({ json: asked }) => (asked.stream ? stream(messageEvents(asked)) : json(message(asked)))],
  [/:generateContent$/, ({ json: asked }) => json(geminiAnswer(asked))],
  [/:streamGenerateContent$/, () => stream(geminiStream())],
  [/\/api\/chat$/, ({ json: asked }) => stream(ollamaLines(asked), { contentType: 'application/x-ndjson' })],
]

export const speaks: Answer = (request, out, incoming) => {
  const path = request.path.split('?', 1)[0]!
  const found = ANSWERS.find(([pattern]) => pattern.test(path))
  const answer = found ? found[1](request) : json({ error: { message: `There is no ${path} here.` } }, { status: 404 })
  return answer(request, out, incoming)
}

/** The first request gets the first answer, the second the second …; the last one stays. */
export function inTurn(...answers: Answer[]): Answer {
  let n = 0
  return (...exchange) => answers[Math.min(n++, answers.length - 1)]!(...exchange)
}

/** The beginning of a stream, and then nothing: for clients that leave. `left` settles when the connection was closed. */
export function hangsAfter(pieces: readonly string[]): { answer: Answer; left: Promise<void> } {
  const left = Promise.withResolvers<void>()
  const answer: Answer = (_, out) => {
    out.on('close', () => left.resolve())
    out.writeHead(200, { 'content-type': 'text/event-stream' })
    out.write(pieces.join(''))
  }
  return { answer, left: left.promise }
}
