/**
 * `WEIR_*`: every option of weir.yaml as an environment variable, and as `…_FILE` for what a container mounts as a secret.
 * An empty variable counts as absent (compose files pass those), and so does what Kubernetes sets by itself for a service
 * that is called weir (`WEIR_PORT=tcp://10.0.0.1:9347`).
 */
import { parse } from 'yaml'
import type { Mistake } from './mistakes.ts'
import { nearest } from './nearest.ts'
import type { Option } from './options.ts'

export interface Setting {
  path: string[]
  value: unknown
  /** Where it came from, for messages: `WEIR_PORT`, `--port`. */
  from: string
}

/** Read by main.ts or by the tests, no options of weir.yaml. */
const OTHERS = ['WEIR_CONFIG', 'WEIR_DEMO']
const FROM_KUBERNETES = /^WEIR_(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP))/

export const readEnvironment = (
  env: Readonly<Record<string, string | undefined>>,
  options: readonly Option[],
  readSecret: (file: string) => string,
): { settings: Setting[]; mistakes: Mistake[] } => {
  const settings: Setting[] = []
  const mistakes: Mistake[] = []
  const byVariable = new Map(options.map((option) => [option.variable, option]))
  const wrong = (where: string, says: string) => mistakes.push({ where, line: null, says })

  for (const [variable, text] of Object.entries(env).sort()) {
    if (!text || !variable.startsWith('WEIR_') || OTHERS.includes(variable) || fromKubernetes(variable, text)) continue
    const option = byVariable.get(variable)
    const byFile = byVariable.get(variable.replace(/_FILE$/, ''))
    try {
      if (option) settings.push({ path: option.path, value: toValue(option, text), from: variable })
      else if (byFile && env[byFile.variable]) wrong(variable, `stands beside ${byFile.variable}: set one of them`)
      else if (byFile) settings.push({ path: byFile.path, value: toValue(byFile, readSecret(text)), from: variable })
      else {
        const meant = nearest(
          variable.slice(5),
          [...byVariable.keys(), ...OTHERS].map((name) => name.slice(5)),
        )
        if (meant) wrong(variable, `is not an option: did you mean WEIR_${meant}?`)
      }
    } catch (error) {
      wrong(variable, error instanceof Error ? error.message : String(error))
    }
  }
  // Groups before what stands in them, so that WEIR_PROVIDERS_OPENAI_API_KEY adds to WEIR_PROVIDERS.
  return { settings: settings.sort((a, b) => a.path.length - b.path.length), mistakes }
}

const fromKubernetes = (variable: string, text: string) =>
  FROM_KUBERNETES.test(variable) || (variable === 'WEIR_PORT' && /^(tcp|udp):\/\//.test(text))

const toValue = (option: Option, text: string): unknown => {
  if (!option.structured) return text
  const isGroup = /^\s*[[{]/.test(text)
  return isGroup || text.includes('\n') || text.includes(': ') ? parse(text) : toWords(text)
}

const toWords = (text: string): unknown =>
  text === 'off' || text === 'null' ? null : text.split(',').map((word) => word.trim())
