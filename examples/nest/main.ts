/**
 * A module of NestJS: the pool is warm before the first request, a provider gets it by `@Inject(POOL)`, and at shutdown (SIGTERM, or `app.close()`) the
 * requests that run are answered before the connections are closed.
 *
 *     node --import tsx --tsconfig examples/nest/tsconfig.json examples/nest/main.ts
 */
import 'reflect-metadata';
import { Controller, Get, Inject, Injectable, Module, Param, ServiceUnavailableException } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { catchError, map, throwError, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import { connectNode, serveNode } from '../../src/connectors/msgpack-rpc/index';
import type { RpcConnection } from '../../src/connectors/msgpack-rpc/index';
import { isPoolError } from '../../src/index';
import type { ConnectionPool } from '../../src/index';
import { POOL, PoolModule } from './pool.module';

// The remote node: embedded here, but spoken to over TCP like any other. A call takes it 200 ms.
const node = await serveNode({
  methods: { count: (text) => timer(200).pipe(map(() => String(text).split(' ').length)) },
});

@Injectable()
class WordsService {
  constructor(@Inject(POOL) private readonly pool: ConnectionPool<RpcConnection>) {}

  count(text: string): Observable<unknown> {
    return this.pool
      .use((connection) => connection.call('count', text))
      .pipe(
        catchError((error: unknown) =>
          throwError(() => (isPoolError(error, 'POOL_EXHAUSTED') ? new ServiceUnavailableException() : error)),
        ),
      );
  }
}

@Controller('words')
class WordsController {
  constructor(@Inject(WordsService) private readonly words: WordsService) {}

  // NestJS subscribes what a handler returns.
  @Get(':text')
  count(@Param('text') text: string): Observable<unknown> {
    return this.words.count(text).pipe(map((words) => ({ words })));
  }
}

@Module({
  imports: [PoolModule.forRoot({ name: 'words', connect: connectNode(node.target), max: 4, warmUp: 2 })],
  providers: [WordsService],
  controllers: [WordsController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: false });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();
const pool = app.get<ConnectionPool<RpcConnection>>(POOL);
console.log(`warm before the first request: ${pool.stats.totalConnections} connections`);

const ask = async (text: string): Promise<unknown> => (await fetch(`${url}/words/${encodeURIComponent(text)}`)).json();
console.log(await ask('to be or not to be'));

// A request that runs while the application shuts down.
const late = ask('that is the question');
await new Promise((resolve) => setTimeout(resolve, 100));
await app.close();
console.log(await late);
console.log(`closed: ${pool.stats.totalConnections} connections`);
await node.close();
