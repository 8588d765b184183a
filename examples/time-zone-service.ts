/**
 * A service of two methods, for the type-ahead beside this file; or on its own, until Ctrl-C:
 *
 *     node --import tsx examples/time-zone-service.ts
 *     npx rxjs-connection-pool send --target 127.0.0.1:PORT --method time <<< Asia/Tokyo
 */
import { pathToFileURL } from 'node:url';
import { map, timer } from 'rxjs';
import { serveNode } from '../src/connectors/msgpack-rpc/index';
import type { RpcNode } from '../src/connectors/msgpack-rpc/index';

/** Every time zone that this Node knows, by the city that it is named after. */
const zones = Intl.supportedValuesOf('timeZone').map((zone) => ({ zone, city: cityOf(zone) }));
const most = 3;

/** In ms: what a search takes, longer where much is found. Stands for the work of a database. */
const searchTime = (text: string): number => Math.max(20, 250 - 50 * text.length);

export const startService = (): Promise<RpcNode> =>
  serveNode({
    methods: {
      /** Up to three zones whose city has a word that begins with the text. */
      suggest: (text: unknown) => {
        const wanted = textFrom(text).toLowerCase();
        return timer(searchTime(wanted)).pipe(
          map(() => zones.filter(({ city }) => ` ${city.toLowerCase()}`.includes(` ${wanted}`)).slice(0, most)),
        );
      },
      /** The time on the clocks of a zone. */
      time: (zone: unknown) =>
        new Intl.DateTimeFormat('en-GB', {
          timeZone: textFrom(zone),
          weekday: 'long',
          hour: '2-digit',
          minute: '2-digit',
        }).format(new Date()),
    },
  });

function cityOf(zone: string): string {
  return zone.slice(zone.lastIndexOf('/') + 1).replaceAll('_', ' ');
}

/** A client may send any value; an error that a method throws becomes the reply. */
function textFrom(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`a text is wanted, but a ${typeof value} came`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const service = await startService();
  process.once('SIGINT', () => void service.close());
  console.log(`listening on ${service.target}`);
}
