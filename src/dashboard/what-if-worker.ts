import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { last } from 'rxjs';
import { planCapacity } from '../simulation/plan-capacity';
import type { CapacityQuestion } from '../simulation/plan-capacity';

// On Linux that is this thread alone, elsewhere the whole process: the service goes first.
try {
  if (process.platform === 'linux') setPriority(19);
} catch {
  // Then both are equal.
}

const tell = (message: object): void => parentPort?.postMessage(message);
try {
  planCapacity(workerData as CapacityQuestion)
    .pipe(last())
    .subscribe({
      next: (plan) => tell({ plan }),
      error: (error: unknown) => tell({ error: String(error) }),
    });
} catch (error) {
  tell({ error: String(error) });
}
