/** How a program is given a key: base URL and key, as the common clients take them. */
export type Client = 'openai' | 'anthropic' | 'gemini' | 'curl'
export const CLIENTS: readonly { value: Client; label: string }[] = [
  { value: 'openai', label: 'OpenAI' },
  { value: 'anthropic', label: 'Anthropic' },
  { value: 'gemini', label: 'Gemini' },
  { value: 'curl', label: 'curl' },
]

export const toSnippet = (client: Client, url: string, secret: string): string =>
  ({
    openai: `OPENAI_BASE_URL=${url}/openai/v1\nOPENAI_API_KEY=${secret}`,
    anthropic: `ANTHROPIC_BASE_URL=${url}/anthropic\nANTHROPIC_API_KEY=${secret}`,
    gemini: `GOOGLE_GEMINI_BASE_URL=${url}/gemini\nGEMINI_API_KEY=${secret}`,
    curl: `curl ${url}/v1/models \\\n  -H "Authorization: Bearer ${secret}"`,
  })[client]
