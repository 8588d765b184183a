import { exitCode } from './exit-codes';
import { dashboardArguments, dashboardOptions, showDashboard } from './dashboard';
import { dashboardHelp, topHelp } from './dashboard-help';
import { generalHelp, PROGRAM, sendHelp, serveHelp, simulateHelp, stressHelp } from './help';
import { Input } from './input';
import type { Io } from './io';
import { readOptions, type ParsedOptions, type OptionTable } from './options';
import { Output } from './output';
import { send } from './send';
import { sendArguments, sendOptions } from './send-arguments';
import { serve, serveOptions } from './serve';
import { simulate } from './simulate';
import { simulateArguments, simulateOptions } from './simulate-arguments';
import { stress } from './stress';
import { stressArguments, stressOptions } from './stress-arguments';
import { suggestion } from '../pool/values/suggestion';
import { top, topArguments, topOptions } from './top';
import { version } from './version';
import { printable } from '../pool/values/printable';

/** The maximum number of problems that are shown, and of characters of each: arguments may have any length. */
const MAX_PROBLEMS = 20;
const MAX_PROBLEM_LENGTH = 1000;

interface Command {
  readonly options: OptionTable;
  readonly help: string;
  /** Runs the command, or adds to the problems and returns undefined. */
  run(given: ParsedOptions, io: Io): Promise<number | undefined>;
}

const commands: Readonly<Record<string, Command>> = {
  send: {
    options: sendOptions,
    help: sendHelp,
    run: async (given, io) => {
      const args = sendArguments(given);
      // With a mistake in an option its value may have become the name of a file.
      if (given.problems.length > 0) return undefined;
      const input = new Input(args.files, io.stdin);
      given.problems.push(...input.problems);
      return given.problems.length > 0 ? undefined : send(args, input, io);
    },
  },
  serve: {
    options: serveOptions,
    help: serveHelp,
    run: async (given, io) => {
      if (given.operands.length > 0)
        given.problems.push(`serve takes no operands, but got '${given.operands.join(' ')}'`);
      return given.problems.length > 0 ? undefined : serve(given, io);
    },
  },
  stress: {
    options: stressOptions,
    help: stressHelp,
    run: async (given, io) => {
      const args = stressArguments(given);
      return given.problems.length > 0 ? undefined : stress(args, given.problems, io);
    },
  },
  simulate: {
    options: simulateOptions,
    help: simulateHelp,
    run: async (given, io) => {
      // With a mistake in an option its value may have become the name of a file.
      const args = given.problems.length > 0 ? undefined : await simulateArguments(given, io);
      return args === undefined ? undefined : simulate(args, io);
    },
  },
  dashboard: {
    options: dashboardOptions,
    help: dashboardHelp,
    run: async (given, io) => {
      const shown = given.problems.length > 0 ? undefined : dashboardArguments(given);
      return shown === undefined || given.problems.length > 0 ? undefined : showDashboard(shown, given, io);
    },
  },
  top: {
    options: topOptions,
    help: topHelp,
    run: async (given, io) => {
      const args = topArguments(given);
      return args === undefined || given.problems.length > 0 ? undefined : top(args, io);
    },
  },
};

const commandOf = (name = ''): Command | undefined => (Object.hasOwn(commands, name) ? commands[name] : undefined);

/** The program: takes the arguments and resolves with the exit code, when everything is written and closed. */
export async function program(args: readonly string[], io: Io): Promise<number> {
  const [first, ...rest] = args;
  const names = Object.keys(commands);
  const listed = (last: string) => `${names.slice(0, -1).join(', ')} ${last} ${names.at(-1)}`;
  if (first === undefined) return refuse([`a command is missing: ${listed('or')}`]);
  if (first === '--help' || first === '-h' || first === 'help') return print(commandOf(rest[0])?.help ?? generalHelp);
  if (first === '--version' || first === '-v' || first === 'version') return print(`${version()}\n`);

  const command = commandOf(first);
  if (command === undefined) {
    if (first.startsWith('-')) return refuse([`the command comes first, ${listed('or')}, but got '${first}'`]);
    return refuse([`'${first}' is not a command: there are ${listed('and')}.${suggestion(first, names)}`]);
  }

  const given = readOptions(rest, command.options);
  if (given.switches.has('help')) return print(command.help);
  if (given.switches.has('version')) return print(`${version()}\n`);
  return (await command.run(given, io)) ?? refuse(given.problems, `${first} `);

  async function print(text: string): Promise<number> {
    const output = new Output(io.stdout);
    output.write(text);
    await output.flushed();
    return exitCode.done;
  }

  async function refuse(problems: readonly string[], name = ''): Promise<number> {
    const output = new Output(io.stderr);
    const shown = problems.slice(0, MAX_PROBLEMS).map(shorten);
    const more = problems.length - shown.length;
    if (more > 0) shown.push(`and ${more} more`);
    const lines = shown.map((problem) => `${PROGRAM}: ${printable(problem)}\n`);
    output.write(`${lines.join('')}${PROGRAM} ${name}--help shows the usage.\n`);
    await output.flushed();
    return exitCode.wrongArguments;
  }
}

/** Keeps the beginning, with the problem, and the end, with the advice. */
function shorten(problem: string): string {
  const half = MAX_PROBLEM_LENGTH / 2;
  const text = problem.length > MAX_PROBLEM_LENGTH ? `${problem.slice(0, half)} … ${problem.slice(-half)}` : problem;
  // Masks a password in a target.
  return text.replace(/(:\/\/[^\s:@/']*):[^\s'@]*@/g, '$1:***@');
}
