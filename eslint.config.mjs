import tseslint from 'typescript-eslint';

const vscode = { name: 'vscode', message: 'Only src/host and src/extension.ts may import vscode; ask the host over the protocol instead.' };
const hostRoom = { group: ['**/host/**', '**/extension'], message: 'The host lies downstream; it asks the engine, never the other way round.' };
const webviewRoom = { group: ['**/webview/**'], message: 'Webviews lie downstream: they receive plain data over the protocol.' };
const engineRoom = { group: ['**/engine/**'], message: 'Webviews draw arrays; what the engine knows reaches them over the protocol.' };
const tfjs = { group: ['@tensorflow/*'], message: 'Tensors do not leave the engine; typed arrays do.' };
const node = { group: ['node:*', 'fs', 'path', 'os', 'child_process', 'worker_threads', 'crypto'], message: 'Webviews run in a browser.' };
const native = { group: ['sharp', 'onnxruntime-node'], message: 'Native modules are loaded by the engine process only.' };

const fence = (files, paths, patterns, allowTypeImports = []) => ({
  files,
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      { paths, patterns: [...patterns, ...allowTypeImports.map((pattern) => ({ ...pattern, allowTypeImports: true }))] },
    ],
  },
});

const rules = {
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports', disallowTypeAnnotations: false }],
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/only-throw-error': 'error',
  '@typescript-eslint/prefer-promise-reject-errors': 'error',
  '@typescript-eslint/no-unnecessary-type-assertion': 'error',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'no-empty': 'error',
  'no-eval': 'error',
  'no-restricted-syntax': [
    'error',
    { selector: 'ExportDefaultDeclaration', message: 'Exports have names, so that a search finds every use.' },
    { selector: 'ExportAllDeclaration', message: 'No barrels: import from the file that holds the thing.' },
  ],
  'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'] }],
  'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
  'no-console': 'error',
};

export default tseslint.config(
  { ignores: ['**/dist/**', 'node_modules/**', '.cache/**', 'artifacts/**', 'coverage/**', 'sample-workspace/**', 'runs/**', '**/*.d.ts', '**/*.d.mts'] },
  {
    files: ['src/**/*.ts', 'webview/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules,
  },
  // Paths are restricted by room: the folder's name says where its code runs.
  fence(['src/engine/**/*.ts'], [vscode], [hostRoom, webviewRoom]),
  fence(['webview/**/*.ts'], [vscode], [hostRoom, engineRoom, tfjs, node, native]),
  fence(['src/host/**/*.ts', 'src/extension.ts'], [], [webviewRoom, tfjs, native], [{ ...engineRoom, message: 'The host knows the engine by its types; it asks over the protocol.' }]),
  fence(['src/*rotocol.ts', 'src/rpc.ts', 'src/explanations.ts', 'src/glossary/**', 'src/outliers.ts', 'src/galleryOrder.ts', 'src/runSlots.ts', 'src/epochs.ts', 'src/sharedName.ts', 'src/weighedRows.ts', 'src/telling.ts', 'src/answerKey.ts', 'src/half.ts', 'src/npyFile.ts'], [vscode], [hostRoom, engineRoom, webviewRoom, tfjs, node, native]),
  {
    files: ['src/*rotocol.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'ImportDeclaration[importKind!="type"]', message: 'protocol.ts is types only.' },
        { selector: 'VariableDeclaration, FunctionDeclaration, ClassDeclaration, TSEnumDeclaration', message: 'protocol.ts is types only: it emits no code.' },
      ],
    },
  },
  // The terminal is the one that prints.
  { files: ['src/engine/cli.ts', 'src/engine/cli/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts'], rules: { 'no-console': 'off' } },
  // A webview's start builds its elements and wires them, in one list.
  { files: ['webview/**/*.ts'], rules: { 'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }] } },
  // A suite is one function that holds its tests; its length says nothing.
  { files: ['test/**/*.ts'], rules: { 'max-lines-per-function': 'off' } },
);
