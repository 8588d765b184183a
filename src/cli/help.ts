export const PROGRAM = 'rxjs-connection-pool';

export const generalHelp = `Send lines to a remote node over a pool of connections, many at a time.

Usage:
  ${PROGRAM} send  --target NODE --method NAME [options] [FILE...]
  ${PROGRAM} serve [--port N] [--host ADDRESS]

Commands:
  send    make one call of each line of the input, and print the results
  serve   be a node to try it out on, with the methods echo, word_count, sleep, fail

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
  --target NODE     where the node listens: HOST:PORT, NAME@HOST:PORT, or unix:/PATH
  --method NAME     what to call there; the line is its only parameter
  --json-input      a line is JSON, and its value is the parameter (an array stays one parameter)

How many at a time:
  --max N           connections at the most (default 10)
  --parallel N      calls at a time (default: as many as the connections carry, --max times --pipeline)
  --sequential      one call after the other, the same as --parallel 1
  --pipeline N      calls at a time on one connection, for nodes that answer several (default 1)
  --timeout MS      milliseconds that a call may take before it counts as failed (default: no end)

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
