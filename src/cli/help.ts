export const PROGRAM = 'rxjs-connection-pool';

export const generalHelp = `Send lines to a remote node over a pool of connections, many at a time.

Usage:
  ${PROGRAM} send  --target NODE --method NAME [options] [FILE...]
  ${PROGRAM} serve [--port N] [--host ADDRESS]
  ${PROGRAM} stress [--target NODE --method NAME | --pool FILE] [options]
  ${PROGRAM} simulate [options] SCENARIO
  ${PROGRAM} dashboard (--attach URL | FILE)
  ${PROGRAM} top --attach URL

Commands:
  send      make one call of each line of the input, and print the results
  serve     be a node to try it out on, with the methods echo, word_count, sleep, fail
  stress    put a pool under load, and say how long callers waited and whether it held
  simulate  the same in virtual time, an hour in seconds; and how many connections it takes
  dashboard a page that shows the pools of another process, a recording, or a report
  top       the same as text, in a terminal

  ${PROGRAM} COMMAND --help   says all about one of them
  ${PROGRAM} --version        says which version this is

Try it, in two terminals:
  ${PROGRAM} serve --port 7000
  echo 'to be or not to be' | ${PROGRAM} send --target 127.0.0.1:7000 --method word_count

Nodes speak MessagePack-RPC: those of serve, Neovim, and others.
`;

export const sendHelp = `Make one call of each line of the input, and print the results.

Usage:
  ${PROGRAM} send --target NODE --method NAME [options] [FILE...]

The lines come from the files, or from the standard input if there are none ('-' is the standard input, too). Every line is a call, a
blank one too. Input of any length will do: lines are read as they can be sent.

Where to, and what:
  --target NODE     where the node listens: HOST:PORT, NAME@HOST:PORT, tcp://HOST:PORT, or unix:/PATH; or the servers of a NATS cluster,
                    nats://HOST:PORT,nats://HOST:PORT (with the user, token or file of NATS_USER and NATS_PASSWORD, NATS_TOKEN, NATS_CREDS)
                    erlang://NAME@HOST:PORT, or without the port by EPMD (with the cookie of ERLANG_COOKIE or --cookie-file)
  --method NAME     what to call there, for NATS the subject; the line is its only parameter
  --call NAME       the same, for a gen_server of Erlang or Elixir: the name that it is registered by
  --cookie-file F   the file that the cookie of an Erlang node is in (default: the variable ERLANG_COOKIE)
  --json-input      a line is JSON, and its value is the parameter (an array stays one parameter)

How many at a time:
  --max N           connections at the most (default 10; for NATS 1)
  --parallel N      calls at a time (default: as many as the connections carry, --max times --pipeline)
  --sequential      one call after the other, the same as --parallel 1
  --pipeline N      calls at a time on one connection, for nodes that answer several (default 1; for NATS 100)
  --timeout MS      how long a call may take before it counts as failed: milliseconds, or 500ms, 2s (default: no end)
  --patience MS     milliseconds that lines wait when the node goes away, before they fail (default 5000; 0: they fail at once)

What is printed:
  --json            a line of JSON for every line of the input, failed or not: index, item, status, and value or reason
  --ordered         in the order of the input, not as the answers come
  -h, --help        this text
  --version         which version this is

Results go to the standard output. Failed lines, a line of progress (on a terminal only) and a summary at the end go to the standard
error. Ctrl-C sends no more and waits for what is under way, for 5 seconds at the most; a second Ctrl-C does not wait.

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

export const serveHelp = `Be a node to try things out on, until Ctrl-C.

Usage:
  ${PROGRAM} serve [--port N] [--host ADDRESS]

Options:
  --port N          where to listen, 0 to 65535 (default 0: any free port)
  --host ADDRESS    the address to listen on (default 127.0.0.1: only programs of this machine can connect)
  -h, --help        this text
  --version         which version this is

One line on the standard output says where it listens, as soon as it does; its last word is the target for send.

Methods:
  echo VALUE        answers with the value
  word_count TEXT   answers with the number of words in it
  sleep MS          answers with MS after as many milliseconds
  fail MESSAGE      answers with an error of that message

Exit codes: 0 after Ctrl-C or SIGTERM, 2 for wrong arguments, 3 if it cannot listen.

Example:
  ${PROGRAM} serve --port 7000
`;

export const stressHelp = `Put a pool under load, and say how long callers waited, what the pool did, and whether it held.

Usage:
  ${PROGRAM} stress [options]                                a node in this process, to see what it looks like
  ${PROGRAM} stress --target NODE --method NAME [options]    a node that is there
  ${PROGRAM} stress --pool FILE [options]                    a pool of your own

What is put under load:
  --target NODE     where a node listens: HOST:PORT, NAME@HOST:PORT, tcp://HOST:PORT, or unix:/PATH
  --method NAME     what to call there (of the node in this process: sleep)
  --params JSON     the parameters of each call, an array such as '["a text", 5]' (default [], for the node in this process [5])
  --max N           connections at the most (default 10)
  --pipeline N      calls at a time on one connection (default 1)
  --pool FILE       a JavaScript module that exports a pool, or a function that makes one, as pool or by default; and, as work, a
                    function of a connection that does something with it

The load:
  --workers N       as many at a time, each as fast as it can (default 50). With --rate: never more at a time (default: no bound)
  --rate N          operations a second that come, whatever has become of those before. Waits count from when they came
  --arrivals HOW    how they come: poisson (independent callers, the default) or even
  --ops N           operations in all. Without --duration it is given up when no work has begun or ended for 30 s, and all workers are busy
  --duration TIME   for how long operations are begun: 500ms, 30s, 2min (default 10s, unless there is --ops)
  --warmup TIME     leave the first so long out of all figures (default 0s)
  --acquire-timeout TIME   how long an operation may wait for a connection (default: what the pool says)
  --seed N          lets poisson arrivals come in the same way each time

What must hold:
  --threshold T     such as 'wait.p99<20ms', 'total.mean<=1.5s', 'errors<1%', 'throughput>500/s'; may be given several times. Of wait, use,
                    total, lag, fromStart.wait and fromStart.total: min, mean, p50, p90, p99, p99.9 or any other percentile, max

What is shown:
  --dashboard       a page on this machine while it runs, with the thresholds ticked off; its address goes to the standard error
  --json            the report as one line of JSON
  -h, --help        this text
  --version         which version this is

The report goes to the standard output. How far it has come goes to the standard error: with a small histogram on a terminal, elsewhere a
line a second. Ctrl-C begins no more, waits for what runs, for 5 seconds at the most, and reports; a second Ctrl-C does not wait.

Exit codes:
  0    all thresholds held
  2    wrong arguments
  3    no connection
  99   a threshold did not hold, the pool broke a rule of its own, or the load had to be given up
  130  interrupted by Ctrl-C (143: by SIGTERM)

Examples:
  ${PROGRAM} stress --workers 100 --duration 5s
  ${PROGRAM} stress --target 127.0.0.1:7000 --method word_count --params '["to be"]' --rate 2000 --warmup 2s --threshold 'wait.p99<20ms'
  ${PROGRAM} stress --pool ./pool.mjs --rate 500 --duration 1min --json > report.json
`;

export const simulateHelp = `Put a pool under load in virtual time, an hour in seconds; or find out how many connections it takes.

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

docs/simulation.md has every field. What is wrong is named with its path.

Options, stronger than the file:
  --plan TARGET     such as 'wait.p99<20ms'; may be given several times. The same as "target" in the file
  --from N, --to N  the fewest and the most connections that are tried (default 1, and 1000 or more)
  --max N           pool.max; of a plan, how many there are today
  --seed N          what chance is made of: the same seed is the same run (default 1)
  --duration TIME   how long operations come, in virtual time: 30s, 10min, 1h
  --warmup TIME     leave the first so long out of all figures
  --threshold T     such as 'wait.p99<20ms', 'errors<1%'; may be given several times
  --timings FILE    JSON of pool.timings(): how long work and connects take, where the scenario does not say so
  --recording FILE  JSON of recordLoad(), or events of a pool, as an array or one a line: when operations came, too

What is printed:
  --json            the report, or the plan, as one line of JSON
  -h, --help        this text
  --version         which version this is

Exit codes:
  0    all thresholds held, or there is a max with which the target holds
  2    wrong arguments, or a wrong scenario
  99   a threshold did not hold, or no max is enough
  130  interrupted by Ctrl-C, with what there is so far (143: by SIGTERM)

Examples:
  ${PROGRAM} simulate scenario.json
  ${PROGRAM} simulate --plan 'wait.p99<20ms' --duration 10min scenario.json
  ${PROGRAM} simulate --recording friday.ndjson --plan 'wait.p99<20ms' --plan 'errors<0.1%' pool.json
`;
