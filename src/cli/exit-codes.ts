/** Exit codes for scripts. */
export const exitCode = {
  done: 0,
  someFailed: 1,
  wrongArguments: 2,
  noConnection: 3,
  thresholdFailed: 99,
} as const;

/** As in shells: 128 plus the number of the signal. */
export const interruptedBy = (signal: NodeJS.Signals): number => (signal === 'SIGTERM' ? 143 : 130);
