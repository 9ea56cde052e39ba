export type Severity = 'error' | 'warning';

/** The closed list of what can be wrong with a graph. An error keeps it from being published; a warning does not. */
const PROBLEMS = {
  'invalid-document': ['error', 'Correct the field, or leave it out.'],
  'too-large': [
    'error',
    'Split the pipeline, or move large values out of the document into the input of its runs.',
  ],
  'duplicate-stage': ['error', 'Give each stage a key of its own.'],
  'unknown-stage': ['error', 'Name an existing stage, or remove the dependency.'],
  'self-dependency': ['error', 'Remove the dependency; to run a stage again, give it a retry policy.'],
  'duplicate-dependency': ['error', 'Keep one; an expression can join two conditions with || or &&.'],
  cycle: ['error', 'Remove one dependency of the circle.'],
  'unreachable-stage': ['warning', 'Give it a way in that can be taken, or remove it.'],
  'empty-branch': ['warning', 'Correct the condition, or remove what it leads to.'],
  'expression-syntax': ['error', 'Correct the expression; it is written in CEL.'],
  'expression-unknown-name': ['error', 'Check the spelling; a key with a dash is read as stages["the-key"].'],
  'expression-unsupported': ['error', 'Write it with what is supported.'],
  'expression-unknown-stage': ['error', 'Name an existing stage by its key.'],
  'reference-not-upstream': ['error', 'Add a dependency on that stage, or read another one.'],
  'reference-maybe-null': ['warning', 'Test stages.<key>.status or has(...) first.'],
  'expression-unknown-field': ['error', 'Check the spelling, or add the field to the schema.'],
  'expression-type': [
    'error',
    'Convert one side, with string() or int() for instance, or correct the schema.',
  ],
  'condition-not-boolean': ['error', 'Compare it with something, so that it is true or false.'],
  'invalid-json-schema': ['error', 'Correct the schema; the README lists the supported keywords.'],
  'timeout-order': ['warning', 'Make the inner limit shorter than the outer one, or leave it out.'],
  'retry-never': ['warning', 'Raise maxAttempts and name what to retry on, or remove the retry policy.'],
  'retry-past-deadline': ['warning', 'Lower the delays or the attempts, or give the run more time.'],
  'retry-delay-order': ['warning', 'Raise maxSeconds, or lower initialSeconds.'],
  'concurrency-limits': ['warning', 'Give the key one limit in all stages, or name another key here.'],
  'no-effect': ['warning', 'Leave it out, or change what takes its effect away.'],
  'optional-fails-run': ['warning', 'Make the stage required, or choose another onFailure.'],
  'mark-no-effect': ['warning', 'Correct the pointer, or remove it.'],
  'mark-passed-on': [
    'warning',
    'Mark its output too; if nothing of it is left there, say sensitive: { output: false }.',
  ],
  'too-many-problems': ['warning', 'Correct these and validate again.'],
} as const satisfies Record<string, readonly [Severity, advice: string]>;

export type ProblemCode = keyof typeof PROBLEMS;
export const PROBLEM_CODES = Object.keys(PROBLEMS) as readonly ProblemCode[];

export interface Problem {
  code: ProblemCode;
  severity: Severity;
  message: string;
  /** Where in the document. */
  path: (string | number)[];
  stage?: string;
  /** All stages it is about, where these are several (the first 100). */
  stages?: string[];
  /** Place in the list of dependencies. */
  dependency?: number;
  /** Where in the text of the expression that `path` leads to, in UTF-16 units. */
  span?: { start: number; end: number };
  advice: string;
}

export type Finding = Omit<Problem, 'severity' | 'advice'>;
export type Report = (finding: Finding) => void;

/** Of each severity. */
export const MAX_PROBLEMS = 1_000;

/**
 * Collects findings up to a limit of each severity: a broken document of 10,000 stages has a problem in each. Warnings
 * never crowd out an error, and any number of them leaves the graph publishable.
 */
export function createReport(): { report: Report; problems: Problem[] } {
  const problems: Problem[] = [];
  const counts = { error: 0, warning: 0 };
  const add = (finding: Finding): void => {
    const [severity, advice] = PROBLEMS[finding.code];
    problems.push({ ...finding, severity, advice });
  };
  const report: Report = (finding) => {
    const severity = PROBLEMS[finding.code][0];
    counts[severity]++;
    if (counts[severity] <= MAX_PROBLEMS) add(finding);
    else if (counts[severity] === MAX_PROBLEMS + 1) {
      const message = `There are more than ${MAX_PROBLEMS} ${severity}s; the rest is not listed.`;
      add({ code: 'too-many-problems', message, path: [] });
    }
  };
  return { report, problems };
}
