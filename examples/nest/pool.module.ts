import { Inject, Injectable, Module } from '@nestjs/common';
import type { BeforeApplicationShutdown, DynamicModule, OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { createPool } from '../../src/index';
import type { ConnectionPool, PoolOptions } from '../../src/index';

/** What a provider asks for: `constructor(@Inject(POOL) private readonly pool: ConnectionPool<Client>)`. */
export const POOL = Symbol('pool');
const SETTINGS = Symbol('settings of the pool');

interface Settings {
  /** Connections that are open before the first request is taken. */
  readonly warmUp: number;
  /** In ms: how long connections that are in use may take when the application shuts down. */
  readonly drain: number;
}

/** Opens connections when the module is initialised, and waits at shutdown until each has been released and closed. */
@Injectable()
class PoolLifecycle implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(POOL) private readonly pool: ConnectionPool<unknown>,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.pool.warmUp(this.settings.warmUp);
  }

  /** Requests still run: nothing ends here. It is the place to tell a load balancer. */
  beforeApplicationShutdown(): void {
    console.log(`shutting down with ${this.pool.stats.inUseConnections} connections in use`);
  }

  /** The server takes no request any more, and has answered those that it had. */
  async onApplicationShutdown(): Promise<void> {
    await this.pool.destroy({ timeout: this.settings.drain });
  }
}

@Module({})
export class PoolModule {
  static forRoot<C>({ warmUp = 1, drain = 10_000, ...options }: PoolOptions<C> & Partial<Settings>): DynamicModule {
    return {
      module: PoolModule,
      global: true,
      providers: [
        { provide: SETTINGS, useValue: { warmUp, drain } },
        { provide: POOL, useFactory: () => createPool(options as PoolOptions<C>) },
        PoolLifecycle,
      ],
      exports: [POOL],
    };
  }
}
