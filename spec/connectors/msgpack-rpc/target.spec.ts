import { connectNode, type NodeAddress } from '../../../src/connectors/msgpack-rpc/index';
import { InvalidConfigError } from '../../../src/index';
import { parseTarget } from '../../../src/connectors/msgpack-rpc/target';

describe('a target', () => {
  const good: [string | NodeAddress, string, object][] = [
    ['localhost:7000', 'localhost:7000', { host: 'localhost', port: 7000 }],
    ['worker@127.0.0.1:7000', 'worker@127.0.0.1:7000', { host: '127.0.0.1', port: 7000 }],
    ['tcp://node.example.com:65535', 'node.example.com:65535', { host: 'node.example.com', port: 65535 }],
    ['tcp://worker@node:1', 'worker@node:1', { host: 'node', port: 1 }],
    ['[::1]:7000', '[::1]:7000', { host: '::1', port: 7000 }],
    ['a@[fe80::1%eth0]:7000', 'a@[fe80::1%eth0]:7000', { host: 'fe80::1%eth0', port: 7000 }],
    ['unix:/run/node.sock', 'unix:/run/node.sock', { path: '/run/node.sock' }],
    ['unix:///run/node.sock', 'unix:/run/node.sock', { path: '/run/node.sock' }],
    [{ host: '::1', port: 7000 }, '[::1]:7000', { host: '::1', port: 7000 }],
    [{ name: 'w', host: 'h', port: 7 }, 'w@h:7', { host: 'h', port: 7 }],
    [{ name: 'w', path: '/s' }, 'w@unix:/s', { path: '/s' }],
  ];
  for (const [target, label, address] of good) {
    it(`may be ${JSON.stringify(target)}`, () => {
      const issues: string[] = [];
      expect(parseTarget(target, issues)).toEqual({ label, address } as any);
      expect(issues).toEqual([]);
    });
  }

  const bad: [unknown, RegExp][] = [
    ['', /empty/],
    ['localhost', /port is missing/],
    ['localhost:', /port is missing/],
    ['[::1]', /port is missing/],
    ['worker@host', /port is missing/],
    ['localhost:http', /'http' is not a number/],
    ['localhost:0', /1 to 65535, got 0/],
    ['localhost:65536', /1 to 65535, got 65536/],
    ['localhost:-1', /not a number/],
    [':7000', /host is missing/],
    ['@host:7000', /name before the @/],
    ['::1:7000', /in brackets/],
    ['http://localhost:7000', /'http' is not a supported scheme/],
    ['localhost:7000/path', /not a number/],
    ['a b:7000', /space/],
    ['unix:', /path is missing/],
    [`unix:/tmp/${'x'.repeat(120)}`, /at most 10\d bytes/],
    [`unix:${'ž'.repeat(60)}`, /at most 10\d bytes/],
    [undefined, /neither/],
    [7000, /neither/],
    [null, /neither/],
    [{}, /host is missing/],
    [{ host: 'h' }, /port is missing/],
    [{ host: 'h', port: 1.5 }, /1 to 65535, got 1.5/],
    [{ host: 'h', port: '7' }, /1 to 65535, got '7'/],
    [{ host: 'h', port: 7, path: '/s' }, /both/],
    [{ host: 'h', port: 7, name: '' }, /name/],
  ];
  for (const [target, reason] of bad) {
    it(`may not be ${JSON.stringify(target)}, and the error says why, shows it and gives advice`, () => {
      const error = () => connectNode(target as string);
      expect(error).toThrowError(InvalidConfigError, reason);
      expect(error).toThrowError(InvalidConfigError, /Give 'host:port'/);
      expect(error).toThrowError(
        typeof target === 'string' ? new RegExp(`'${target.replace(/[[\]?]/g, '\\$&')}'`) : /target .* is invalid/,
      );
    });
  }
});
