/** Names that are taken in an address: `/{provider}/…` shares its first segment with Weir's own pages. */

export const RESERVED_SEGMENTS: readonly string[] = ['api', 'app', 'v1', 't', 'healthz', 'readyz', 'metrics']

/** Providers that need no baseUrl. */
export const BUILTIN_PROVIDERS: readonly string[] = [
  'openai',
  'chatgpt',
  'anthropic',
  'gemini',
  'vertex',
  'bedrock',
  'azure',
  'mistral',
  'groq',
  'deepseek',
  'xai',
  'openrouter',
  'together',
  'fireworks',
  'cohere',
  'perplexity',
  'cerebras',
  'huggingface',
  'nvidia',
  'moonshot',
  'zai',
  'ollama',
  'vllm',
  'lmstudio',
]
