/**
 * Three pools on a bad day, on a dashboard: one has a leak, one is too small, and the node of one goes away. The page says which is which.
 *
 *     node --import tsx examples/dashboard.ts [PORT]
 */
import { firstValueFrom, fromEvent, merge } from 'rxjs';
import { dashboard } from '../src/dashboard/index';
import { badDay } from './bad-day';

const [port = '0'] = process.argv.slice(2);
const day = await badDay();
const board = dashboard(day.pools, { title: 'Shop' });
const stopped = firstValueFrom(merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')));
const { url } = await board.listen({ port: Number(port) });
console.log(`Open ${url} and look for ten seconds. Ctrl-C ends it.`);

await stopped;
await board.close();
await day.end();
