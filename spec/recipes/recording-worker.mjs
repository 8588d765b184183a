// Does what its task says, and appends the item to a file before it answers.
import { appendFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

const kept = [];

parentPort.on('message', ({ item, file, ms, fault }) => {
  if (fault === 'exit') process.exit(1);
  if (fault === 'throw') throw new Error('broken');
  if (fault === 'memory') for (;;) kept.push(new Array(1_000_000).fill(item));
  const end = Date.now() + ms;
  while (Date.now() < end);
  appendFileSync(file, `${item}\n`);
  parentPort.postMessage({ value: item });
});
