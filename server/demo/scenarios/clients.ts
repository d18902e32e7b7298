/** The programs of the demo: the headers that their SDKs send, and what they say of themselves to Weir. */
import { demoSecret } from '../keys.ts'
import type { Client } from '../turn.ts'

/** Shop floor of a travel company: the people whose requests the agents serve. */
export const CUSTOMERS = [
  'ines.moreau',
  'tom.okafor',
  'yuki.tanaka',
  'lena.fischer',
  'raj.patel',
  'sofia.lindqvist',
  'marc.dubois',
  'ana.ribeiro',
  'joe.walsh',
  'mei.chen',
  'nadia.haddad',
  'pete.novak',
] as const
export const DEVELOPERS = ['ann', 'bob', 'chidi', 'dana', 'erik'] as const

const openaiNode = (key: string) => ({
  authorization: `Bearer sk-proj-demo-${key}`,
  'user-agent': 'OpenAI/JS 7.57.0',
  'x-stainless-lang': 'js',
  'x-stainless-package-version': '7.57.0',
})
const openaiPython = (key: string) => ({
  authorization: `Bearer sk-proj-demo-${key}`,
  'user-agent': 'OpenAI/Python 3.12.0',
  'x-stainless-lang': 'python',
  'x-stainless-package-version': '3.12.0',
})
const anthropicPython = (key: string) => ({
  'x-api-key': `sk-ant-api03-demo-${key}`,
  'anthropic-version': '2023-06-01',
  'user-agent': 'Anthropic/Python 1.2.0',
  'x-stainless-lang': 'python',
})
const googleGenai = (key: string) => ({
  'x-goog-api-key': `AIzaDemo${key}`,
  'user-agent': 'google-genai-sdk/3.1.0 gl-node/v24.6.0',
})
const aiSdk = (key: string) => ({
  authorization: `Bearer sk-demo-${key}`,
  'user-agent': 'ai-sdk/openai-compatible/4.0.3',
})

/** A Weir key in the place of the provider's; for clients that bring none of their own. */
const weirKey = (name: string) => ({
  authorization: `Bearer ${demoSecret(name)}`,
  'user-agent': 'ai-sdk/openai-compatible/4.0.3',
})

/** A Weir key beside the client's own credential. */
export const withKey = (name: string): Record<string, string> => ({ 'x-weir-key': demoSecret(name) })

export const credentials = { weirKey, openaiNode, openaiPython, anthropicPython, googleGenai, aiSdk }

/** Attribution as the docs recommend it. */
export const owned = (team: string, feature: string, user?: string): Record<string, string> => ({
  'x-weir-team': team,
  'x-weir-tag-feature': feature,
  ...(user ? { 'x-weir-user': user } : {}),
})

/** A client whose usual settings need no saying. */
export const client = (given: Partial<Client> & Pick<Client, 'provider' | 'api' | 'model'>): Client => ({
  stream: false,
  headers: {},
  system: '',
  tools: [],
  settings: {},
  asksUsage: false,
  ...given,
})
