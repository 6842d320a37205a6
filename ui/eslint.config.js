import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

import svelteConfig from './svelte.config.js';

/** Imports point one way: components <- features <- views. `lib` knows none of them. */
const tier = (files, forbidden) => ({
  files,
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          ...forbidden.map((name) => ({
            group: [`$/${name}/**`, `$/${name}`],
            message: 'Imports point one way: lib <- components <- features <- views.',
          })),
          {
            group: ['@tauri-apps/*'],
            message: 'Only api/tauri.ts may know the desktop shell.',
          },
        ],
      },
    ],
  },
});

export default ts.config(
  { ignores: ['dist', 'src/bindings'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      'svelte/no-at-html-tags': 'error',
      'svelte/require-each-key': 'error',
      'svelte/button-has-type': 'error',
      // Plain maps and sets inside a computation or a raw field are not meant to be reactive.
      'svelte/prefer-svelte-reactivity': 'off',
      // The router works on the location's hash; there is no base path to resolve.
      'svelte/no-navigation-without-resolve': 'off',
      // Components declare props with `let` when some are bindable.
      'prefer-const': 'off',
      'svelte/prefer-const': ['error', { destructuring: 'all' }],
    },
  },
  tier(['src/lib/**', 'src/bindings/**'], ['api', 'stores', 'components', 'features', 'views']),
  tier(['src/api/**'], ['stores', 'components', 'features', 'views']),
  tier(['src/stores/**'], ['components', 'features', 'views']),
  tier(['src/components/**'], ['api', 'stores', 'features', 'views']),
  tier(['src/features/**'], ['views']),
  tier(['src/views/**', 'src/*'], []),
  {
    files: ['src/api/tauri.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    // The one place where sanitised Markdown becomes elements.
    files: ['src/features/chat/SafeHtml.svelte'],
    rules: { 'svelte/no-at-html-tags': 'off' },
  },
);
