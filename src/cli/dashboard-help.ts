import { PROGRAM } from './help';

export const dashboardHelp = `Show pools on a page of this machine, read-only, until Ctrl-C.

Usage:
  ${PROGRAM} dashboard --attach URL [options]    pools of another process, where its dashboard is mounted
  ${PROGRAM} dashboard FILE                      a saved recording, or the report of stress --json or simulate --json

Options:
  --attach URL      such as http://127.0.0.1:4600/ or https://shop.example.com/pools/
  --header 'N: V'   sent with each request, for a dashboard with auth; may be given several times
  --port N          where to listen (default 0: any free port)
  -h, --help        this text
  --version         which version this is

One line on the standard output says where the page is.

Exit codes: 0 after Ctrl-C or SIGTERM, 2 for wrong arguments, 3 if there is no dashboard, or it refuses.

Examples:
  ${PROGRAM} dashboard --attach http://127.0.0.1:4600/
  ${PROGRAM} dashboard pools-2026-11-30.json
`;

export const topHelp = `Show pools in the terminal: what is the matter, what to do, and lanes of connections. Until Ctrl-C.

Usage:
  ${PROGRAM} top --attach URL [options]

Options:
  --attach URL      where a dashboard is mounted
  --header 'N: V'   sent with each request, for a dashboard with auth; may be given several times
  --once            print the state once, and end
  -h, --help        this text
  --version         which version this is

A lane is the last minute of a connection: █ one lease, ▒ many short ones, c connect, v validate, r reset, – close, ✕ its end.

Exit codes: 0 after Ctrl-C or SIGTERM, 2 for wrong arguments, 3 if there is no dashboard, or it refuses.

Example:
  ${PROGRAM} top --attach http://127.0.0.1:4600/
`;
