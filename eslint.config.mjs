import js from '@eslint/js'
import nx from '@nx/eslint-plugin'
import globals from 'globals'
import tseslint from 'typescript-eslint'

const packages = ['packages/*/src/**/*.ts', 'packages/*/test/**/*.ts']
const tools = ['tools/**/*.ts', 'tools/**/*.mts', 'docs/.vitepress/*.ts']
const ts = [...packages, ...tools]

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '.nx/**',
      'docs/.vitepress/cache/**',
      'docs/.vitepress/.temp/**',
    ],
  },
  // Scripts in plain JavaScript: no types to check, but no undefined name and nothing unused.
  { ...js.configs.recommended, files: ['**/*.mjs', '**/*.cjs'] },
  { files: ['**/*.mjs', '**/*.cjs'], languageOptions: { globals: globals.node } },
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ts })),
  {
    files: packages,
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          // The browser of all tests of pages belongs to no package.
          allow: ['/tools/jest/browser$'],
          depConstraints: [
            { sourceTag: 'layer:core', onlyDependOnLibsWithTags: ['layer:core'] },
            { sourceTag: 'layer:method', onlyDependOnLibsWithTags: ['layer:core'] },
            { sourceTag: 'layer:bench', onlyDependOnLibsWithTags: ['layer:core'] },
          ],
        },
      ],
    },
  },
  {
    files: ts,
    languageOptions: {
      parserOptions: { project: 'tools/lint/tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/unified-signatures': 'off',
      'no-console': 'error',
    },
  },
  {
    // Scripts print their results.
    files: tools,
    rules: { 'no-console': 'off' },
  },
  {
    // `as const` and partial fakes are fine where a test builds its own world.
    files: ['packages/*/test/**/*.ts'],
    rules: {
      '@typescript-eslint/consistent-type-assertions': [
        'error',
        { assertionStyle: 'as', objectLiteralTypeAssertions: 'never' },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
)
