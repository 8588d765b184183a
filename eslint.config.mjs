import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import rxjs from 'eslint-plugin-rxjs-x';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Imports point one way. For each folder of src: the folders that it may import from. */
const layers = {
  pool: [],
  http: [],
  operators: ['pool'],
  ix: ['operators', 'pool'],
  connectors: ['operators', 'pool'],
  stress: ['operators', 'pool'],
  testing: ['stress', 'operators', 'pool'],
  simulation: ['stress', 'operators', 'pool'],
  diagnosis: ['pool'],
  dashboard: ['http', 'diagnosis', 'simulation', 'stress', 'operators', 'pool'],
  telemetry: ['http', 'diagnosis', 'operators', 'pool'],
  cli: [
    'telemetry',
    'dashboard',
    'diagnosis',
    'simulation',
    'stress',
    'testing',
    'connectors',
    'ix',
    'operators',
    'pool',
  ],
};

/** The folders of src/pool, in the order of imports: each imports only from those before it, from errors.ts and from connector.ts. */
const poolFolders = ['values', 'time', 'collections', 'state', 'metrics', 'policies', 'reports', 'core', 'rx'];

const forbid = (files, regex, message) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ regex, message }] }] },
});

const oneWay = Object.entries(layers).map(([layer, below]) => {
  const above = Object.keys(layers).filter((other) => other !== layer && !below.includes(other));
  const out = String.raw`^(\./)?(\.\./)*\.\.(/?$|/(${['index', ...above].join('|')})(/|$))`;
  return forbid(
    [`src/${layer}/**/*.{ts,tsx}`],
    `${out}|^rxjs-connection-pool`,
    `Imports point one way: src/${layer} may import ${below.length === 0 ? 'nothing outside itself' : `only from ${below.join(', ')}`}.`,
  );
});

const poolOneWay = poolFolders.map((folder, i) => {
  const later = poolFolders.slice(i + 1);
  const top = String.raw`^\.\./(?!errors$|connector$)[^/]+$`;
  const other = later.length === 0 ? [] : [String.raw`^\.\./(${later.join('|')})/`];
  const rxjs = folder === 'rx' ? [] : ['^rxjs', '^ix'];
  return forbid(
    [`src/pool/${folder}/**/*.ts`],
    [top, String.raw`^\.\./\.\./`, ...other, ...rxjs].join('|'),
    `src/pool/${folder} imports only from errors.ts, connector.ts${i === 0 ? '' : ` and ${poolFolders.slice(0, i).join(', ')}`}${folder === 'rx' ? '' : '; only src/pool/rx knows RxJS'}.`,
  );
});

export default defineConfig(
  globalIgnores(['**/dist/', 'temp/', 'coverage/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked, rxjs.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // `!` marks bounds that the code has checked: noUncheckedIndexedAccess has no cheaper way.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // A callback can change any field while it runs, so a test that looks unnecessary to the checker often is not.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // RxJS calls deprecated what will be internal in its version 8; operators are built on it.
      '@typescript-eslint/no-deprecated': [
        'error',
        { allow: [{ from: 'package', package: 'rxjs', name: ['Subscriber', 'Operator'] }] },
      ],
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Whatever an observable or a promise failed with is passed on as it is.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingAny: true, allowThrowingUnknown: true }],
      '@typescript-eslint/prefer-promise-reject-errors': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      'rxjs-x/throw-error': ['error', { allowThrowingAny: true, allowThrowingUnknown: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-empty-function': ['error', { allow: ['arrowFunctions'] }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      '@typescript-eslint/class-literal-property-style': 'off',
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      // A module of NestJS is all in its decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/unified-signatures': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'PrivateIdentifier',
          message: 'Declare private members with `private`, not with `#`: decision 47.',
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    rules: {
      // The pool and its operators are what subscribes: inside an observable's own subscribe is where they do it.
      'rxjs-x/no-nested-subscribe': 'off',
    },
  },
  {
    files: ['spec/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts'],
    rules: {
      // What a spec does on purpose: subscribing inside a callback, odd arguments, methods as values.
      'rxjs-x/no-nested-subscribe': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-await': 'off',
      // A module of NestJS is an empty class.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
    },
  },
  ...oneWay,
  ...poolOneWay,
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
  },
  prettier,
);
