/** A secret from whoever is at the terminal, without showing it; from a pipe, all that comes. */
import type { ReadStream } from 'node:tty'

/** @throws when it is given up with Ctrl-C, or ends without a line. */
export async function askSecret(
  question: string,
  input: ReadStream | NodeJS.ReadStream,
  output: NodeJS.WritableStream,
): Promise<string> {
  if (!input.isTTY) return readAll(input)
  output.write(question)
  input.setRawMode(true)
  try {
    return await readLine(input)
  } finally {
    input.setRawMode(false)
    input.pause()
    output.write('\n')
  }
}

async function readAll(input: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const piece of input) text += String(piece)
  return text
}

const ENTER = ['\r', '\n']
const GIVE_UP = ['\u0003', '\u0004']
const RUB_OUT = ['\u007f', '\b']
const CLEAR = '\u0015'

/** In raw mode nothing is shown and every key arrives, those that edit the line too. */
function readLine(input: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = ''
    const done = (settle: () => void) => {
      input.off('data', take).off('end', ended)
      settle()
    }
    const ended = () => done(() => reject(new Error('Nothing was entered, and nothing is stored.')))
    const take = (piece: Buffer | string) => {
      for (const key of String(piece)) {
        if (ENTER.includes(key)) return done(() => resolve(line))
        if (GIVE_UP.includes(key)) return ended()
        if (RUB_OUT.includes(key)) line = line.slice(0, -1)
        else line = key === CLEAR ? '' : line + key
      }
    }
    input.on('data', take).on('end', ended)
    input.resume()
  })
}
