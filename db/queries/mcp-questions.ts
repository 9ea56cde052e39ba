import type { Answers, QuestionPart, QuestionState } from '#server/domain/mcp.ts';
import type { Sql } from '../client.ts';

/** A question in the middle of a call that a stage makes. */
export interface NewQuestion {
  id: string;
  orgUuid: string;
  connectionUuid: string;
  tool: string;
  definitionHash: string;
  sender: string;
  runUuid: string;
  taskIndex: number;
  epoch: number;
  callHash: string;
  isRepeatable: boolean;
  /** Of what the server wants to find again; null: a session waits. */
  carriedName: string | null;
  parts: readonly QuestionPart[];
  keepSeconds: number;
}

export interface OpenQuestion {
  id: string;
  orgUuid: string;
  connectionUuid: string;
  sender: string;
  tool: string;
  definitionHash: string;
  epoch: number;
  isRepeatable: boolean;
  carriedName: string | null;
  state: QuestionState;
  answers: Answers | null;
  leftMs: number;
}

export async function addQuestion(sql: Sql, question: NewQuestion): Promise<void> {
  await sql`
    INSERT INTO mcp_questions (id, org_id, connection_id, tool, definition_hash, sender, run_id, task_index, epoch, call_hash,
      repeatable, carried_name, parts, expires_at)
    VALUES (${question.id}::text::uuid, ${question.orgUuid}::text::uuid, ${question.connectionUuid}::text::uuid, ${question.tool},
      ${question.definitionHash}, ${question.sender}, ${question.runUuid}::text::uuid, ${question.taskIndex}::int,
      ${question.epoch}::int, ${question.callHash}, ${question.isRepeatable}, ${question.carriedName},
      ${JSON.stringify(question.parts)}::text::json, now() + ${question.keepSeconds}::int * interval '1 second')`;
}

interface CallPlace {
  runUuid: string;
  taskIndex: number;
  callHash: string;
}

/** The question at which the call of a stage stands, if an earlier hand-out of the task has left one. */
export async function findOpenQuestion(sql: Sql, place: CallPlace): Promise<OpenQuestion | null> {
  const { runUuid, taskIndex, callHash } = place;
  const [row] = await sql<OpenQuestion[]>`
    SELECT replace(id::text, '-', '') AS id, replace(org_id::text, '-', '') AS "orgUuid",
      replace(connection_id::text, '-', '') AS "connectionUuid", sender, tool, definition_hash AS "definitionHash", epoch,
      repeatable AS "isRepeatable", carried_name AS "carriedName", state, answers,
      greatest(0, extract(epoch FROM expires_at - now()) * 1000)::float8 AS "leftMs"
    FROM mcp_questions
    WHERE run_id = ${runUuid}::text::uuid AND task_index = ${taskIndex}::int AND call_hash = ${callHash}
      AND state IN ('asked', 'answered')
    ORDER BY id DESC LIMIT 1`;
  return row ?? null;
}

export type QuestionNow = Pick<OpenQuestion, 'state' | 'answers' | 'leftMs'>;

/** Null: it is gone, as its connection is. */
export async function readQuestion(sql: Sql, id: string): Promise<QuestionNow | null> {
  const [row] = await sql<QuestionNow[]>`
    SELECT state, answers, greatest(0, extract(epoch FROM expires_at - now()) * 1000)::float8 AS "leftMs"
    FROM mcp_questions WHERE id = ${id}::text::uuid`;
  return row ?? null;
}

/** Nobody works on a task that is over, or on any of a run that is being cancelled. */
export interface OverWords {
  runs: readonly string[];
  tasks: readonly string[];
}

/** Whether the task for which it was asked goes on: its process may end, and another take it up. */
export async function isQuestionNeeded(sql: Sql, id: string, over: OverWords): Promise<boolean> {
  const [row] = await sql<{ yes: boolean }[]>`
    SELECT NOT (r.status::text = ANY (${[...over.runs]}) OR t.status::text = ANY (${[...over.tasks]})) AS yes
    FROM mcp_questions q JOIN runs r ON r.id = q.run_id JOIN tasks t ON t.run_id = q.run_id AND t.idx = q.task_index
    WHERE q.id = ${id}::text::uuid`;
  return row?.yes ?? false;
}

/** What was answered and what the server wanted to find again are of no more use. False: it had ended before. */
export async function endQuestion(sql: Sql, id: string, state: QuestionState): Promise<boolean> {
  const [row] = await sql<{ name: string | null }[]>`
    WITH ended AS (
      UPDATE mcp_questions SET state = ${state}, answers = NULL
      WHERE id = ${id}::text::uuid AND state IN ('asked', 'answered') RETURNING org_id, carried_name
    ), forgotten AS (
      DELETE FROM secrets s USING ended e WHERE s.org_id = e.org_id AND s.name = e.carried_name
    )
    SELECT carried_name AS name FROM ended`;
  return row !== undefined;
}
