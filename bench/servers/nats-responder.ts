/** Echoes each request to `echo`, through the server that its only argument names. */
import { connect } from '@nats-io/transport-node';

const connection = await connect({ servers: process.argv[2]! });
connection.subscribe('echo', {
  callback: (_, message) => {
    message.respond(message.data);
  },
});
await connection.flush();
process.send?.(0);
process.on('disconnect', () => process.exit());
