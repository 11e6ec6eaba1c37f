/// <reference types="vitest/config" />
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

/**
 * One app is built at a time (APP=console or portal), so that a chunk of one never carries what only the other needs:
 * the portal's script has 60 kB to live in.
 */
const app = process.env['APP'] ?? 'portal'
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: here('apps'),
  base: '/',
  publicDir: false,
  plugins: [vue()],
  resolve: { alias: { '@': here('.') } },
  define: {
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    ...(app === 'portal' ? { __VUE_OPTIONS_API__: 'false' } : {}),
  },
  build: {
    outDir: here('dist'),
    emptyOutDir: false,
    target: 'es2022',
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: `${app}.manifest.json`,
    rollupOptions: { input: here(`apps/${app}/index.html`) },
  },
  server: { proxy: { '/api': process.env['BIHUAN_URL'] ?? 'http://127.0.0.1:8080' } },
  test: { root: here('.'), environment: 'happy-dom', include: ['tests/**/*.test.ts'] },
})
