/**
 * The providers that Weir knows by name: where they live and how they take a credential. A row each; what a provider speaks
 * is its dialects' business. Base URLs as in each provider's own documentation (read 2026-11).
 */
import type { Billing } from '../call.ts'
import type { CredentialStyle } from './provider.ts'

export interface BuiltinRow {
  name: string
  /** Empty: there is no address that serves every account, so the configuration must name it. */
  baseUrl: string
  credential: CredentialStyle
  /** Names of dialects, most likely first. */
  dialects: readonly string[]
  /** Where OpenAI's `/v1/…` lives below baseUrl; null: it does not speak it. */
  openaiBase: string | null
  /** Where Anthropic's `/v1/…` lives below baseUrl, for routes; absent: nowhere. */
  anthropicBase?: string
  /** The same for Gemini, whose version is a part of its paths. */
  geminiBase?: string
  acceptsStreamUsage?: boolean
  billing?: Billing
  priceId?: string | null
  local?: boolean
}

const bearer: CredentialStyle = { header: 'authorization', prefix: 'Bearer ' }
const OPENAI = ['openai-chat', 'openai-responses', 'openai-embeddings', 'openai-other'] as const
const ANTHROPIC = ['anthropic-messages'] as const
const GEMINI = ['gemini'] as const

/** An OpenAI-compatible provider with a bearer token: most of the field. */
const compatible = (name: string, baseUrl: string, openaiBase: string, more: Partial<BuiltinRow> = {}): BuiltinRow => ({
  name,
  baseUrl,
  credential: bearer,
  dialects: OPENAI,
  openaiBase,
  ...more,
})

const onOwnMachine = { billing: 'free', priceId: null, local: true } as const

export const builtinProviders: readonly BuiltinRow[] = [
  compatible('openai', 'https://api.openai.com', '/v1', { acceptsStreamUsage: true }),
  // Codex with a ChatGPT login: its token and ChatGPT-Account-ID pass as they are.
  compatible('chatgpt', 'https://chatgpt.com/backend-api/codex', '', { billing: 'subscription', priceId: 'openai' }),
  {
    name: 'anthropic',
    baseUrl: 'https://api.anthropic.com',
    credential: { header: 'x-api-key', prefix: '' },
    dialects: [...ANTHROPIC, ...OPENAI],
    openaiBase: '/v1',
    anthropicBase: '/v1',
  },
  {
    name: 'gemini',
    baseUrl: 'https://generativelanguage.googleapis.com',
    credential: { header: 'x-goog-api-key', prefix: '' },
    dialects: [...GEMINI, ...OPENAI],
    openaiBase: '/v1beta/openai',
    geminiBase: '',
    priceId: 'google',
  },
  {
    name: 'vertex',
    baseUrl: 'https://aiplatform.googleapis.com',
    credential: bearer,
    dialects: [...GEMINI, ...ANTHROPIC, ...OPENAI],
    openaiBase: null,
    priceId: 'google',
  },
  {
    name: 'bedrock',
    baseUrl: 'https://bedrock-runtime.us-east-1.amazonaws.com',
    credential: bearer,
    dialects: [...ANTHROPIC, ...OPENAI],
    openaiBase: '/openai/v1',
    priceId: 'aws',
  },
  // Every Azure resource has a host of its own: providers.azure.baseUrl names it.
  {
    name: 'azure',
    baseUrl: '',
    credential: { header: 'api-key', prefix: '' },
    dialects: [...OPENAI, ...ANTHROPIC],
    openaiBase: '/openai/v1',
    acceptsStreamUsage: true,
  },
  compatible('mistral', 'https://api.mistral.ai', '/v1'),
  compatible('groq', 'https://api.groq.com', '/openai/v1', { acceptsStreamUsage: true }),
  compatible('deepseek', 'https://api.deepseek.com', '', {
    dialects: [...OPENAI, ...ANTHROPIC],
    anthropicBase: '/anthropic/v1',
    acceptsStreamUsage: true,
  }),
  compatible('xai', 'https://api.x.ai', '/v1', { priceId: 'xai' }),
  compatible('openrouter', 'https://openrouter.ai', '/api/v1', {
    dialects: [...OPENAI, ...ANTHROPIC],
    anthropicBase: '/api/v1',
    acceptsStreamUsage: true,
  }),
  compatible('together', 'https://api.together.xyz', '/v1'),
  compatible('fireworks', 'https://api.fireworks.ai', '/inference/v1'),
  compatible('cohere', 'https://api.cohere.com', '/compatibility/v1'),
  compatible('perplexity', 'https://api.perplexity.ai', ''),
  compatible('cerebras', 'https://api.cerebras.ai', '/v1'),
  compatible('huggingface', 'https://router.huggingface.co', '/v1', { priceId: 'huggingface_together' }),
  compatible('nvidia', 'https://integrate.api.nvidia.com', '/v1', { priceId: null }),
  compatible('moonshot', 'https://api.moonshot.ai', '/v1', { priceId: 'moonshotai' }),
  compatible('zai', 'https://api.z.ai', '/api/paas/v4', {
    dialects: [...OPENAI, ...ANTHROPIC],
    anthropicBase: '/api/anthropic/v1',
    priceId: 'zai',
  }),
  compatible('ollama', 'http://127.0.0.1:11434', '/v1', onOwnMachine),
  compatible('vllm', 'http://127.0.0.1:8000', '/v1', onOwnMachine),
  compatible('lmstudio', 'http://127.0.0.1:1234', '/v1', onOwnMachine),
]
