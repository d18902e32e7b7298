/**
 * Builds the dashboard into dist/web. Addresses in the output are relative (`base: './'`) and resolve against the page's <base>,
 * which the server sets to `${basePath}/app/`: one build serves every base path. In development, `vite web` serves /app/ itself and
 * hands the rest to a Weir (or the fake API of test/web) at WEIR_URL.
 */
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const target = process.env.WEIR_URL ?? 'http://127.0.0.1:9347'

export default defineConfig(({ command }) => ({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: command === 'build' ? './' : '/app/',
  plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2023',
    // Below this size Vite would inline files as data: addresses, which the content policy refuses for scripts and fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': { target, changeOrigin: true } }, fs: { allow: ['..'] } },
}))
