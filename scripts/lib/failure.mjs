/**
 * A failure that the reader can act on. It is printed as its sentences, without a stack; anything else
 * that is thrown is a bug of these scripts and keeps its stack.
 */
export class Failure extends Error {
  /** @param {string} what @param {{ why?: string, todo?: string }} [more] */
  constructor(what, { why, todo } = {}) {
    super([what, why, todo].filter(Boolean).join('\n  '));
    this.name = 'Failure';
  }
}

/** Runs a script's main function and ends the process with its exit code. */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(error instanceof Failure ? `\n✖ ${error.message}\n` : error);
    process.exitCode = 1;
  }
}
