export const PROGRAM = 'rxjs-connection-pool';

export const generalHelp = `Send lines to a remote node in parallel over a pool of connections.

Usage:
  ${PROGRAM} send  --target NODE --method NAME [options] [FILE...]
  ${PROGRAM} serve [--port N] [--host ADDRESS]
  ${PROGRAM} stress [--target NODE --method NAME | --pool FILE] [options]
  ${PROGRAM} simulate [options] SCENARIO
  ${PROGRAM} dashboard (--attach URL | FILE)
  ${PROGRAM} top --attach URL

Commands:
  send      make one call of each line of the input, and print the results
  serve     run a node for trials, with the methods echo, word_count, sleep, fail
  stress    put a pool under load; report how long callers waited and whether the thresholds held
  simulate  the same in virtual time, an hour in seconds; and find how many connections are needed

  ${PROGRAM} COMMAND --help   shows the help of a command
  ${PROGRAM} --version        shows the version

Try it, in two terminals:
  ${PROGRAM} serve --port 7000
  echo 'to be or not to be' | ${PROGRAM} send --target 127.0.0.1:7000 --method word_count

Nodes speak MessagePack-RPC: those of serve, Neovim, and others.
`;

export const sendHelp = `Make one call of each line of the input, and print the results.

Usage:
  ${PROGRAM} send --target NODE --method NAME [options] [FILE...]

The lines come from the files, or from the standard input if there are none ('-' is the standard input, too). Every line is a call, also
a blank one. The input may have any length: lines are read as they can be sent.

Target and method:
  --target NODE     where the node listens: HOST:PORT, NAME@HOST:PORT, tcp://HOST:PORT, or unix:/PATH; or the servers of a NATS cluster,
                    nats://HOST:PORT,nats://HOST:PORT (with the user, token or file of NATS_USER and NATS_PASSWORD, NATS_TOKEN, NATS_CREDS)
                    erlang://NAME@HOST:PORT, or without the port by EPMD (with the cookie of ERLANG_COOKIE or --cookie-file)
  --method NAME     the method to call, for NATS the subject; the line is its only parameter
  --call NAME       the same for a gen_server of Erlang or Elixir: its registered name
  --cookie-file F   the file with the cookie of an Erlang node (default: the variable ERLANG_COOKIE)
  --json-input      a line is JSON, and its value is the parameter (an array stays one parameter)

Concurrency:
  --max N           maximum number of connections (default 10; for NATS 1)
  --parallel N      maximum number of calls in flight (default: --max times --pipeline)
  --sequential      one call after the other, the same as --parallel 1
  --pipeline N      maximum number of calls in flight on one connection, for nodes that answer several (default 1; for NATS 100)
  --timeout MS      how long a call may take before it counts as failed: milliseconds, or 500ms, 2s (default: unlimited)
  --patience MS     how long lines wait for a connection when the node is not available, before they fail (default 5000; 0: they fail at once)

What is printed:
  --json            a line of JSON for every line of the input, failed or not: index, item, status, and value or error
  --ordered         in the order of the input, not of the answers
  -h, --help        this text
  --version         which version this is

Results go to the standard output. Failed lines, a line of progress (on a terminal only) and a summary at the end go to the standard
error. Ctrl-C stops sending and waits for calls in flight, 5 seconds at most; a second Ctrl-C does not wait.

Exit codes:
  0    all done; also for an empty input
  1    some lines failed
  2    wrong arguments
  3    no connection: nothing could be sent
  130  interrupted by Ctrl-C (143: by SIGTERM)

Examples:
  ${PROGRAM} send --target 127.0.0.1:7000 --method word_count < poem.txt
  ${PROGRAM} send --target worker@10.0.0.5:7000 --method index --max 20 --ordered a.txt b.txt
  echo '{"id": 7}' | ${PROGRAM} send --target 127.0.0.1:7000 --method echo --json-input --json
  ${PROGRAM} send --target nats://10.0.0.1,nats://10.0.0.2 --method words.word_count < poem.txt
  ${PROGRAM} send --target erlang://worker@127.0.0.1:9100 --cookie-file ~/.erlang.cookie --call word_count < poem.txt
`;

export const serveHelp = `Run a node for trials, until Ctrl-C.

Usage:
  ${PROGRAM} serve [--port N] [--host ADDRESS]

Options:
  --port N          the port to listen on, 0 to 65535 (default 0: any free port)
  --host ADDRESS    the address to listen on (default 127.0.0.1: only programs of this machine can connect)
  -h, --help        this text
  --version         which version this is

It prints one line on the standard output as soon as it listens; the last word is the target for send.

Methods:
  echo VALUE        answers with the value
  word_count TEXT   answers with the number of words in it
  sleep MS          answers with MS after MS milliseconds
  fail MESSAGE      answers with an error of that message

Exit codes: 0 after Ctrl-C or SIGTERM, 2 for wrong arguments, 3 if it cannot listen.

Example:
  ${PROGRAM} serve --port 7000
`;

export const stressHelp = `Put a pool under load; report how long callers waited, what the pool did, and whether the thresholds held.

Usage:
  ${PROGRAM} stress [options]                                a node in this process, for a first look
  ${PROGRAM} stress --target NODE --method NAME [options]    a running node
  ${PROGRAM} stress --pool FILE [options]                    a pool of your own

The pool under load:
  --target NODE     where a node listens: HOST:PORT, NAME@HOST:PORT, tcp://HOST:PORT, or unix:/PATH
  --method NAME     the method to call (for the node in this process: sleep)
  --params JSON     the parameters of each call, an array such as '["a text", 5]' (default [], for the node in this process [5])
  --max N           maximum number of connections (default 10)
  --pipeline N      maximum number of calls in flight on one connection (default 1)
  --pool FILE       a JavaScript module that exports a pool, or a function that makes one, as pool or by default; and, as work, a
                    function of a connection, which is called for each operation

The load:
  --workers N       the concurrency, each worker as fast as it can (default 50). With --rate: the maximum concurrency (default: unbounded)
  --rate N          arrivals per second, independent of how fast operations end. Waits count from the arrival
  --arrivals HOW    the distribution of arrivals: poisson (independent callers, the default) or even
  --ops N           operations in total. Without --duration the load is aborted when all workers are busy, and no work has begun or ended for 30 s
  --duration TIME   for how long operations start: 500ms, 30s, 2min (default 10s, unless there is --ops)
  --warmup TIME     time at the beginning that is not measured (default 0s)
  --acquire-timeout TIME   how long an operation may wait for a connection (default: the option of the pool)
  --seed N          the seed of poisson arrivals: the same seed gives the same arrivals

Thresholds:
  --threshold T     such as 'wait.p99<20ms', 'total.mean<=1.5s', 'errors<1%', 'throughput>500/s'; may be given several times. Of wait, use,
                    total, lag, fromStart.wait and fromStart.total: min, mean, p50, p90, p99, p99.9 or any other percentile, max

What is shown:
  --dashboard       a page on this machine while it runs, with the thresholds ticked off; its address goes to the standard error
  --json            the report as one line of JSON
  -h, --help        this text
  --version         which version this is

The report goes to the standard output. Progress goes to the standard error: with a small histogram on a terminal, elsewhere a line per
second. Ctrl-C starts no more operations, waits for those in flight, 5 seconds at most, and reports; a second Ctrl-C does not wait.

Exit codes:
  0    all thresholds held
  2    wrong arguments
  3    no connection
  99   a threshold did not hold, the pool violated its contract, or the load was aborted
  130  interrupted by Ctrl-C (143: by SIGTERM)

Examples:
  ${PROGRAM} stress --workers 100 --duration 5s
  ${PROGRAM} stress --target 127.0.0.1:7000 --method word_count --params '["to be"]' --rate 2000 --warmup 2s --threshold 'wait.p99<20ms'
  ${PROGRAM} stress --pool ./pool.mjs --rate 500 --duration 1min --json > report.json
`;

export const simulateHelp = `Put a pool under load in virtual time, an hour in seconds; or find how many connections are needed.

Usage:
  ${PROGRAM} simulate [options] SCENARIO                      how long callers would wait
  ${PROGRAM} simulate --plan TARGET [options] SCENARIO        the smallest max with which the target holds

SCENARIO is a file of JSON ('-' is the standard input). Times are milliseconds, or texts such as "20ms", "1.5s", "2min", "1h":

  {
    "pool": { "max": 10, "acquireTimeout": 1000 },
    "arrivals": { "rate": 1000 },
    "work": { "logNormal": { "median": "6ms", "p99": "40ms" } },
    "connect": { "takes": "15ms", "fails": 0.01 },
    "outages": [{ "at": "20min", "for": "5s" }],
    "duration": "1h", "warmup": "10s", "seed": 1
  }

docs/simulation.md has every field. Each problem is reported with its path.

Options, which override the file:
  --plan TARGET     such as 'wait.p99<20ms'; may be given several times. The same as "target" in the file
  --from N, --to N  the range of max that is searched (default 1, and 1000 or more)
  --max N           pool.max; of a plan, the current value, for comparison
  --seed N          the seed of all random numbers: the same seed gives the same run (default 1)
  --duration TIME   for how long operations arrive, in virtual time: 30s, 10min, 1h
  --warmup TIME     time at the beginning that is not measured
  --threshold T     such as 'wait.p99<20ms', 'errors<1%'; may be given several times
  --timings FILE    JSON of pool.timings(): how long work and connects take, where the scenario does not give it
  --recording FILE  JSON of recordLoad(), or events of a pool, as an array or one per line: also when operations arrived

What is printed:
  --json            the report, or the plan, as one line of JSON
  -h, --help        this text
  --version         which version this is

Exit codes:
  0    all thresholds held, or there is a max with which the target holds
  2    wrong arguments, or a wrong scenario
  99   a threshold did not hold, or no max is enough
  130  interrupted by Ctrl-C, with the result so far (143: by SIGTERM)

Examples:
  ${PROGRAM} simulate scenario.json
  ${PROGRAM} simulate --plan 'wait.p99<20ms' --duration 10min scenario.json
  ${PROGRAM} simulate --recording friday.ndjson --plan 'wait.p99<20ms' --plan 'errors<0.1%' pool.json
`;
