// Where the package is published from: its repository, its issues and its site. They are in package.json alone, which the site and npm read.
//
//   npm run publication -- https://github.com/OWNER/NAME [SITE]   writes them
//   node scripts/publication.mjs --check                          refuses a publication without them ("prepublishOnly")
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package.json', import.meta.url);
const manifest = JSON.parse(readFileSync(file, 'utf8'));
const args = process.argv.slice(2);

function fail(...lines) {
  console.error(lines.join('\n'));
  process.exit(1);
}

function check() {
  const missing = ['repository', 'homepage', 'bugs'].filter((field) => manifest[field] === undefined);
  const changes = readFileSync(new URL('../CHANGELOG.md', import.meta.url), 'utf8');
  if (missing.length > 0) {
    fail(
      `Not published: package.json has no ${missing.join(', no ')}.`,
      'Write them with the address of the repository, and commit the result:',
      '  npm run publication -- https://github.com/OWNER/NAME',
    );
  }
  if (!changes.split('\n').includes(`## ${manifest.version}`)) {
    fail(
      `Not published: CHANGELOG.md has no "## ${manifest.version}".`,
      'Run "npx changeset version", or write down what is new.',
    );
  }
  console.log(`${manifest.name} ${manifest.version} of ${manifest.repository.url}`);
}

function write(repository, site) {
  const [, owner, name] = /^https:\/\/github\.com\/([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/.exec(repository ?? '') ?? [];
  if (owner === undefined)
    fail(`The address of the repository must be https://github.com/OWNER/NAME, but is ${repository}.`);
  const address = `https://github.com/${owner}/${name}`;
  const { license, ...rest } = manifest;
  const fields = {
    homepage: site ?? `https://${owner.toLowerCase()}.github.io/${name}/`,
    repository: { type: 'git', url: `git+${address}.git` },
    bugs: { url: `${address}/issues` },
  };
  const entries = Object.entries(rest).filter(([key]) => !(key in fields));
  const at = entries.findIndex(([key]) => key === 'author');
  entries.splice(at, 0, ['license', license], ...Object.entries(fields));
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
  for (const [field, value] of Object.entries(fields)) console.log(`${field}: ${value.url ?? value}`);
}

if (args[0] === '--check') check();
else write(...args);
