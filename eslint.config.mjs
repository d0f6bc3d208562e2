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
      '__tests__/helpers/*.js',
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
    // How the page looks is in one place; beside an element is only what depends on a value.
    files: ['src/client/**/*.tsx'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...[
          'JSXAttribute[name.name=/^styles?$/] ObjectExpression :matches(Literal, TemplateElement)',
          "JSXAttribute[name.name=/^styles?$/] MemberExpression[object.name='token']",
          'Property[key.name=/^(margin|padding|font|whiteSpace|overflow|max(Width|Height)|min(Width|Height)|display$|flex|cursor|textAlign)/] > Literal',
        ].map((selector) => ({ selector, message: 'How something looks is in parts/styles.ts.' })),
      ],
      'no-restricted-imports': [
        'error',
        {
          name: 'react',
          importNames: ['CSSProperties'],
          message: 'How something looks is in parts/styles.ts, which also has the type: Look.',
        },
      ],
    },
  },
  {
    files: ['__tests__/**', 'bench/**'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);
