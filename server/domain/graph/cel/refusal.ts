import type { Span } from './span.ts';

export type SyntaxCode = 'expression-syntax' | 'expression-unknown-name' | 'expression-unsupported';

/** Thrown while an expression is read; `parseExpression` turns it into data. */
export class Refusal {
  readonly code: SyntaxCode;
  readonly message: string;
  readonly span: Span;

  constructor(code: SyntaxCode, message: string, span: Span) {
    this.code = code;
    this.message = message;
    this.span = { start: span.start, end: span.end };
  }
}
