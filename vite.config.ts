import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The console's page. Paths are relative, so that it can be served below any address. */
export default defineConfig({
  root: 'src/client',
  base: './',
  plugins: [react()],
  // Also when a test run has it built.
  define: { 'process.env.NODE_ENV': JSON.stringify('production') },
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    // Everything from our own files: the page's policy allows no data: scripts and no inline ones.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
  },
});
