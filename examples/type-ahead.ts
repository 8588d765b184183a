/**
 * Type-ahead: suggestions from a remote node while a user types. Each key sends a new request, and the reply to the previous one is no longer
 * needed: `switchAll` cancels that call, and the same connection carries the next one.
 *
 *     node --import tsx examples/type-ahead.ts
 */
import { concatMap, delay, distinctUntilChanged, from, lastValueFrom, map, of, scan, switchAll, tap } from 'rxjs';
import type { Observable } from 'rxjs';
import { connectNode } from '../src/connectors/msgpack-rpc/index';
import { createPool, withConnection } from '../src/index';
import { startService } from './time-zone-service';

interface Suggestion {
  readonly zone: string;
  readonly city: string;
}

// The remote node runs in this process, and is called over TCP like any other.
const service = await startService();
const pool = createPool({ name: 'zones', connect: connectNode(`zones@${service.target}`), max: 2 });

console.log('A user looks for the time in Los Angeles, and types. > shows the text, - the suggestions for it.\n');

const suggestions$ = typed().pipe(
  tap((text) => console.log(`> ${text}`)),
  withConnection(pool, (node, text) =>
    node.call('suggest', text).pipe(map((found) => ({ text, found: found as Suggestion[] }))),
  ),
  switchAll(),
  tap(({ text, found }) => console.log(`  - ${text}: ${found.map(({ city }) => city).join(', ') || 'nothing'}`)),
);
const { found } = await lastValueFrom(suggestions$);

const chosen = found[0]!;
const time = await lastValueFrom(pool.use((node) => node.call('time', chosen.zone)));
console.log(`\nIn ${chosen.city} it is ${String(time)}.\n`);

const { successfulOperations, cancelledOperations, opened } = pool.stats;
console.log(
  `${successfulOperations} calls were answered, and ${cancelledOperations} cancelled when the next key came.`,
);
console.log(`They used ${opened === 1 ? 'the same connection' : `${opened} connections`}.`);

await pool.destroy();
await service.close();

/** The text in the field after each key: typed fast, with a mistake, and with pauses to read. */
function typed(): Observable<string> {
  const [hurry, look] = [75, 400];
  return from('los⌫⌫i…⌫os ang…eles').pipe(
    concatMap((key) => of(key).pipe(delay(key === '…' ? look : hurry))),
    scan((text, key) => (key === '…' ? text : key === '⌫' ? text.slice(0, -1) : text + key), ''),
    distinctUntilChanged(),
  );
}
