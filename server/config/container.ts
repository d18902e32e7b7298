/**
 * In a container `localhost` is the container itself, so the usual addresses of local models (Ollama, LM Studio, vLLM) lead
 * nowhere. Weir cannot know: a model may run in the same pod. So it says what is probably meant, and goes on.
 */
import { existsSync, readFileSync } from 'node:fs'

/** Docker and Podman leave a file; Kubernetes' runtimes are seen in the control group. */
export const inContainer = (root = ''): boolean => {
  if (existsSync(`${root}/.dockerenv`) || existsSync(`${root}/run/.containerenv`)) return true
  try {
    return /docker|containerd|kubepods|libpod|lxc/.test(readFileSync(`${root}/proc/self/cgroup`, 'utf8'))
  } catch {
    return false
  }
}

/** What to write instead of this address where it is a loopback one; null: it is not. */
export function addressOfHost(baseUrl: string): string | null {
  const url = URL.parse(baseUrl)
  if (!url || !/^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) return null
  url.hostname = 'host.docker.internal'
  return url.href.replace(/\/$/, '')
}

/** A hint for an upstream that did not answer; '' where there is nothing to say. */
export function containerHint(baseUrl: string): string {
  const instead = addressOfHost(baseUrl)
  return instead === null
    ? ''
    : `. Weir runs in a container, where ${new URL(baseUrl).hostname} is the container itself: for a server on the host use ${instead}${ON_LINUX}`
}

/** One line for each configured base URL that probably leads nowhere. */
export const containerWarnings = (providers: Readonly<Record<string, { baseUrl?: string | undefined }>>): string[] =>
  Object.entries(providers).flatMap(([name, { baseUrl }]) => {
    const instead = baseUrl === undefined ? null : addressOfHost(baseUrl)
    if (instead === null) return []
    return `providers.${name}.baseUrl ${baseUrl} is this container itself: if the server runs on the host, use ${instead}${ON_LINUX}`
  })

const ON_LINUX = ' (Docker on Linux: with --add-host host.docker.internal:host-gateway).'
