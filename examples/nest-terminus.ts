/**
 * Health checks of a NestJS service by its pools: `/health/ready` asks the pools, and `/health/live` only whether the process answers.
 *
 *     node --import tsx examples/nest-terminus.ts
 */
import 'reflect-metadata';
import { once } from 'node:events';
import { Controller, Get, Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheck, HealthCheckService, HealthIndicatorService, TerminusModule } from '@nestjs/terminus';
import type { HealthCheckResult, HealthIndicatorResult } from '@nestjs/terminus';
import { connectNode, serveNode } from '../src/connectors/msgpack-rpc/index';
import type { RpcConnection } from '../src/connectors/msgpack-rpc/index';
import { createPool } from '../src/index';
import type { ConnectionPool } from '../src/index';
import { poolHealth } from '../src/telemetry/health/index';

/** The token under which the pool is injected. */
const ORDERS = Symbol('the pool of orders');

@Injectable()
class PoolHealthIndicator {
  constructor(@Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService) {}

  check<const Key extends string>(key: Key, pool: ConnectionPool<unknown>): HealthIndicatorResult<Key> {
    const { status, details } = poolHealth(pool);
    const indicator = this.indicators.check(key);
    if (status === 'down') return indicator.down(details);
    // Degraded is not down: a service that is slow still serves, and the answer stays 200.
    return status === 'degraded' ? indicator.degraded(details) : indicator.up(details);
  }
}

@Controller('health')
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(PoolHealthIndicator) private readonly indicator: PoolHealthIndicator,
    @Inject(ORDERS) private readonly orders: ConnectionPool<RpcConnection>,
  ) {}

  /** For the readiness probe: 503 takes the service out of the load balancer, and restarts nothing. */
  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([() => this.indicator.check('orders', this.orders)]);
  }

  /** For the liveness probe: no pool is asked, since a restart helps no dead target. */
  @Get('live')
  @HealthCheck()
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }
}

/** The service. The pool is given by its caller, which destroys it too. */
export async function startService(pool: ConnectionPool<RpcConnection>) {
  @Module({
    imports: [TerminusModule.forRoot({ logger: false })],
    controllers: [HealthController],
    providers: [PoolHealthIndicator, { provide: ORDERS, useValue: pool }],
  })
  class ServiceModule {}

  const app = await NestFactory.create(ServiceModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  return { url: await app.getUrl(), close: () => app.close() };
}

if (process.argv[1]?.includes('nest-terminus') === true) {
  const node = await serveNode({ methods: { work: () => 'done' } });
  const pool = createPool({ name: 'orders', max: 4, connect: connectNode(node.target) });
  const service = await startService(pool);
  const stopped = once(process, 'SIGINT');
  console.log(`Open ${service.url}/health/ready and ${service.url}/health/live; Ctrl-C ends it.`);
  await stopped;
  await service.close();
  await pool.destroy();
  await node.close();
}
