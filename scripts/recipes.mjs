// Writes the files of examples/recipes and examples/migrating into the pages that show them, below a comment with the file's name. spec/recipes/pages.spec.ts checks that
// pages and files agree.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const at = (path) => new URL(`../${path}`, import.meta.url);

const pages = readdirSync(at('docs/recipes')).filter((name) => name.endsWith('.md'));

for (const page of ['docs/migrating.md', ...pages.map((name) => `docs/recipes/${name}`)]) {
  const text = readFileSync(at(page), 'utf8');
  const shown = text.replaceAll(
    /<!-- (examples\/(?:recipes|migrating)\/[\w./-]+) -->\n\n```(ts|js)\n.*?^```$/gms,
    (_, file, language) => {
      const code = readFileSync(at(file), 'utf8').replaceAll(/'(?:\.\.\/)+src\/index'/g, "'rxjs-connection-pool'");
      return `<!-- ${file} -->\n\n\`\`\`${language}\n${code}\`\`\``;
    },
  );
  writeFileSync(at(page), shown);
}
