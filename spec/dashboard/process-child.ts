// A process with a dashboard, whose work ends while a page is open. Says where it listens, and ends by itself.
import { concat, NEVER, of, timer } from 'rxjs';
import { dashboard } from '../../src/dashboard/index';
import { createPool } from '../../src/index';

const pool = createPool({ max: 2, connect: () => concat(of('c'), NEVER) });
const board = dashboard(pool, { period: 100 });
const { url } = await board.listen();
process.stdout.write(`${url}\n`);
// Until the page is open: the answer to its first request.
timer(3_000).subscribe(() => process.stdout.write('done\n'));
