import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { name } from './package.json';

/** What NocoBase's own page brings along and shares with its plugins. */
const SHARED = ['react', 'react-dom', 'antd', '@ant-design/icons', 'dayjs'];

/**
 * The page inside NocoBase, in the form its loader takes (AMD, named): `client` for the classic page, `client-v2`
 * for the modern one.
 */
export default defineConfig(({ mode }) => {
  const modern = mode === 'client-v2';
  return {
    root: 'src/client',
    publicDir: false,
    plugins: [react()],
    define: { 'process.env.NODE_ENV': JSON.stringify('production') },
    build: {
      outDir: `../../dist/${mode}`,
      emptyOutDir: true,
      target: 'es2020',
      lib: {
        entry: modern ? 'nocobase/modern.tsx' : 'nocobase/classic.tsx',
        formats: ['umd'],
        name: 'ark',
        fileName: () => 'index.js',
      },
      rollupOptions: {
        external: [
          ...SHARED,
          ...(modern ? ['@nocobase/client-v2', '@nocobase/flow-engine'] : ['@nocobase/client']),
        ],
        output: { globals: (id) => id, amd: { id: modern ? `${name}/client-v2` : name }, exports: 'named' },
      },
    },
  };
});
