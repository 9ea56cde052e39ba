import { createRequire } from 'node:module';

/**
 * Loaded before dependency-cruiser looks for imports: swc parses `using`, but the visitor that comes with it, through
 * which dependency-cruiser reads, refuses the statement.
 */
// Required, so that it is the very class that dependency-cruiser gets, however this file is loaded.
const { prototype } = createRequire(import.meta.url)('@swc/core/Visitor.js').Visitor;
const { visitStatement } = prototype;

prototype.visitStatement = function visitAnyStatement(statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement);
  statement.decls = this.visitVariableDeclarators(statement.decls);
  return statement;
};
