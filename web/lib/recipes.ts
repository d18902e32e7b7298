/**
 * How to point a client at Weir: one recipe per SDK and tool, filled with this Weir's address. The client keeps its own provider key;
 * only the base URL changes. Whether `/v1` belongs into the base URL is the SDK's habit, and the commonest mistake.
 */
export interface Recipe {
  id: string
  name: string
  /** Where the code goes: a file name, or `shell`. */
  where: string
  code: string
  note?: string
}
export interface RecipeGroup {
  name: string
  recipes: Recipe[]
}

/** `url` is Weir's own address without a trailing slash, such as `http://127.0.0.1:9347`. */
export const toRecipes = (url: string): RecipeGroup[] => [
  {
    name: 'SDKs',
    recipes: [
      {
        id: 'openai-python',
        name: 'OpenAI · Python',
        where: 'python',
        code: `from openai import OpenAI\n\nclient = OpenAI(base_url="${url}/openai/v1")\nanswer = client.chat.completions.create(\n    model="gpt-5-mini",\n    messages=[{"role": "user", "content": "Hello, river."}],\n)`,
        note: `Or without touching code: OPENAI_BASE_URL=${url}/openai/v1`,
      },
      {
        id: 'openai-js',
        name: 'OpenAI · JS',
        where: 'typescript',
        code: `import OpenAI from 'openai'\n\nconst client = new OpenAI({ baseURL: '${url}/openai/v1' })\nconst answer = await client.responses.create({\n  model: 'gpt-5-mini',\n  input: 'Hello, river.',\n})`,
      },
      {
        id: 'anthropic',
        name: 'Anthropic',
        where: 'python',
        code: `from anthropic import Anthropic\n\nclient = Anthropic(base_url="${url}/anthropic")\nanswer = client.messages.create(\n    model="claude-sonnet-4-5",\n    max_tokens=256,\n    messages=[{"role": "user", "content": "Hello, river."}],\n)`,
        note: `TypeScript: new Anthropic({ baseURL: '${url}/anthropic' }). No /v1 here: the SDK adds it.`,
      },
      {
        id: 'gemini',
        name: 'Gemini',
        where: 'typescript',
        code: `import { GoogleGenAI } from '@google/genai'\n\nconst ai = new GoogleGenAI({\n  apiKey: process.env.GEMINI_API_KEY,\n  httpOptions: { baseUrl: '${url}/gemini' },\n})\nconst answer = await ai.models.generateContent({\n  model: 'gemini-2.5-flash',\n  contents: 'Hello, river.',\n})`,
      },
      {
        id: 'ai-sdk',
        name: 'Vercel AI SDK',
        where: 'typescript',
        code: `import { createOpenAI } from '@ai-sdk/openai'\nimport { generateText } from 'ai'\n\nconst openai = createOpenAI({ baseURL: '${url}/openai/v1' })\nconst { text } = await generateText({\n  model: openai('gpt-5-mini'),\n  prompt: 'Hello, river.',\n})`,
        note: `Anthropic: createAnthropic({ baseURL: '${url}/anthropic/v1' }) — with /v1 here.`,
      },
      {
        id: 'langchain',
        name: 'LangChain',
        where: 'python',
        code: `from langchain_openai import ChatOpenAI\n\nmodel = ChatOpenAI(\n    model="gpt-5-mini",\n    base_url="${url}/openai/v1",\n)\nmodel.invoke("Hello, river.")`,
        note: `ChatAnthropic takes base_url="${url}/anthropic".`,
      },
    ],
  },
  {
    name: 'Agents and tools',
    recipes: [
      {
        id: 'claude-code',
        name: 'Claude Code',
        where: 'shell',
        code: `export ANTHROPIC_BASE_URL=${url}/anthropic\nclaude`,
        note: 'Sessions are found by themselves, from the headers that Claude Code sends.',
      },
      {
        id: 'codex',
        name: 'Codex',
        where: '~/.codex/config.toml',
        code: `model_provider = "weir"\n\n[model_providers.weir]\nname = "OpenAI through Weir"\nbase_url = "${url}/openai/v1"\nenv_key = "OPENAI_API_KEY"\nwire_api = "responses"`,
      },
      {
        id: 'curl',
        name: 'curl',
        where: 'shell',
        code: `curl ${url}/openai/v1/chat/completions \\\n  -H "Authorization: Bearer $OPENAI_API_KEY" \\\n  -H "Content-Type: application/json" \\\n  -d '{"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Hello, river."}]}'`,
      },
    ],
  },
]
