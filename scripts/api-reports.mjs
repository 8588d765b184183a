// Writes what each entry point offers into etc/, from the type files in dist (so build first).
// With --check nothing is written, and a report in etc/ that differs from what was built is an error.
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { entries, fileNameOf } from '../entries.mjs';

const root = resolve(import.meta.dirname, '..');
const check = process.argv.includes('--check');
const folder = join(root, 'etc');
const names = Object.keys(entries).map((subpath) => [
  `${subpath === '.' ? 'rxjs-connection-pool' : fileNameOf(subpath)}.api.md`,
  join(root, 'dist/esm', `${fileNameOf(subpath)}.d.mts`),
]);

const quiet = ['console-preamble', 'console-compiler-version-notice'];

mkdirSync(folder, { recursive: true });
mkdirSync(join(root, 'temp'), { recursive: true });

let wrong = 0;
for (const [reportFileName, mainEntryPointFilePath] of names) {
  if (!existsSync(mainEntryPointFilePath)) {
    console.error(`${mainEntryPointFilePath} is missing: run "npm run build" first`);
    process.exit(1);
  }
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath,
      newlineKind: 'lf',
      compiler: { tsconfigFilePath: join(root, 'tsconfig.api.json') },
      apiReport: { enabled: true, reportFolder: folder, reportTempFolder: join(root, 'temp'), reportFileName },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        extractorMessageReporting: {
          default: { logLevel: 'warning' },
          'ae-missing-release-tag': { logLevel: 'none' },
          'ae-forgotten-export': { logLevel: 'warning', addToApiReportFile: true },
          'ae-undocumented': { logLevel: 'none' },
          // Whether the links in comments lead anywhere is what typedoc checks.
          'ae-unresolved-link': { logLevel: 'none' },
        },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
  });
  const result = Extractor.invoke(config, {
    localBuild: !check,
    showVerboseMessages: false,
    messageCallback: (message) => {
      if (quiet.includes(message.messageId)) message.handled = true;
    },
  });
  if (!result.succeeded) wrong += 1;
  else if (!check && result.apiReportChanged) console.log(`etc/${reportFileName} is new`);
}

const unknown = readdirSync(folder).filter((file) => !names.some(([name]) => name === file));
if (unknown.length > 0) console.error(`etc/ holds reports of no entry: ${unknown.join(', ')}`);

if (wrong > 0 || unknown.length > 0) {
  if (check) console.error('Run "npm run build && npm run api", and look at what changed in etc/.');
  process.exit(1);
}
console.log(`${names.length} API reports ${check ? 'agree with' : 'written from'} the build`);
