// What somebody typed does not say what is meant: the command line answers with this message and exit code 2.

export class UsageError extends Error {
  override readonly name = 'UsageError';
}
