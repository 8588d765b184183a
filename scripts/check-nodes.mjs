// Runs the specs of the core, of its operators and of pulled batches on other versions of Node, as npm's package `node` provides them.
//
//   npm run check:nodes          on 20, 22, 24 and 26, without the one that runs this
//   npm run check:nodes -- 26    on these
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const asked = process.argv.slice(2);
const own = process.versions.node.split('.')[0];
const versions = asked.length > 0 ? asked : ['20', '22', '24', '26'].filter((version) => version !== own);
const specs = [
  'spec/pool/!(*.long|*.slow).spec.ts',
  'spec/operators/!(*.long|*.slow).spec.ts',
  'spec/ix/!(*.long|*.slow).spec.ts',
];
const jasmine = ['node_modules/jasmine/bin/jasmine.js', '--config=spec/support/jasmine.json', ...specs];

let failed = false;
for (const version of versions) {
  const run = (...args) =>
    spawnSync('npx', ['--yes', '--prefer-offline', `--package=node@${version}`, '--', 'node', ...args], {
      cwd: root,
      encoding: 'utf8',
    });
  const { stdout: name } = run('--version');
  const { status, stdout, stderr } = run('--import', 'tsx', ...jasmine);
  const summary = /^\d+ specs?, \d+ failures?.*$/m.exec(stdout)?.[0] ?? 'no specs were run';
  console.log(`Node ${name.trim() || version}: ${summary}`);
  if (status === 0 && name.startsWith(`v${version}.`) && !/^0 specs/.test(summary)) continue;
  failed = true;
  console.error(`${stdout}${stderr}`.slice(-20_000));
}
if (failed) process.exit(1);
