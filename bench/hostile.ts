/**
 * `npm run hostile`: a node in a process of its own, hostile peers in others, and a good client beside them. For each scene: how long the calls
 * of the good client take before and during, how many of them fail, and how much memory the node has. Loopback only; about two minutes.
 *
 * `npm run hostile -- --only flood,idle` runs some of the scenes; `--write` puts the table into docs/reliability.md.
 */
import { parseArgs } from 'node:util';
import { attack } from './hostile/attacks';
import { measureScenes } from './hostile/measure';
import { runNode } from './hostile/node';
import { scenes } from './hostile/scenes';
import { writeTable } from './hostile/table';

const { values } = parseArgs({
  options: {
    role: { type: 'string' },
    scene: { type: 'string' },
    port: { type: 'string' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

if (values.role === 'node') {
  await runNode();
} else if (values.role === 'peer') {
  await attack(values.scene!, Number(values.port));
} else {
  const only = values.only?.split(',');
  const unknown = only?.filter((name) => !scenes.some((scene) => scene.name === name)) ?? [];
  if (unknown.length > 0) {
    console.error(`There is no scene ${unknown.join(', ')}: there are ${scenes.map(({ name }) => name).join(', ')}`);
    process.exitCode = 2;
  } else {
    const results = await measureScenes(scenes.filter(({ name }) => only?.includes(name) ?? true));
    const table = await writeTable(results, values.write);
    console.log(table);
  }
}
