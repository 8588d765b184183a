// What a worker of the pool runs: one task for each message.
import { parentPort } from 'node:worker_threads';

parentPort.on('message', (task) => {
  try {
    parentPort.postMessage({ value: countPrimes(task.from, task.to) });
  } catch (error) {
    parentPort.postMessage({ error });
  }
});

function countPrimes(from, to) {
  if (to < from) throw new RangeError(`no numbers from ${from} to ${to}`);
  let count = 0;
  for (let n = Math.max(from, 2); n < to; n++) {
    let divisor = 2;
    while (divisor * divisor <= n && n % divisor !== 0) divisor++;
    if (divisor * divisor > n) count++;
  }
  return count;
}
