import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'client.js',
      'client-v2.js',
      'server.js',
      'dist',
      'coverage',
      '__tests__/fixtures',
      '**/*.cjs',
      '**/*.mjs',
      'jest.*config.js',
      'jest.config.js',
      'jest.base.js',
      '__tests__/helpers/database.js',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
    },
  },
  {
    // What it is, is its name.
    files: ['src/**'],
    rules: { 'id-denylist': ['error', 'one', 'found', 'given', 'about'] },
  },
  {
    files: ['src/server/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "BinaryExpression[operator=/^[!=]==?$/] > MemberExpression[property.name='label']",
          message: 'A label is words for people. Which database it is, its id tells.',
        },
        {
          selector: "NewExpression[callee.name='BackupError'] > Literal[value='USAGE']",
          message: 'People on the page ask for it too: tell it by details (errors/usageDetails.ts).',
        },
        {
          selector: 'CallExpression[callee.property.name=/^localeCompare$/]',
          message:
            'NocoBase takes the options of locales away (lockdown), and what was compared by them is no more.',
        },
      ],
    },
  },
  {
    // What is asked for at the terminal or by a program alone is told in English.
    files: ['src/server/{commands,hosts}/**', 'src/server/{environment,serve}.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['__tests__/**', 'bench/**'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);
