/** Answers each request to `echo` with what it says, through the server at its only argument. */
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
