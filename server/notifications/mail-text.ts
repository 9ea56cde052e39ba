import { isJsonObject, type Json } from '#server/domain/json.ts';
import type { NotificationBody } from '#server/domain/notifications.ts';

export interface MailText {
  subject: string;
  text: string;
  html: string;
}

const MAX_LINE = 300;

/** One line of text: names and messages come from anybody, and a line break would begin a header of their own. */
function oneLine(value: Json | undefined): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const line = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line;
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const toHtml = (text: string): string => text.replace(/[&<>"']/g, (mark) => ESCAPES[mark] ?? mark);

type Title = (data: NotificationBody['data']) => string;
const runName: Title = ({ pipeline_name, run_id }) => oneLine(pipeline_name) || oneLine(run_id);

const TITLES: Record<NotificationBody['type'], Title> = {
  'run.succeeded': (data) => `Run succeeded: ${runName(data)}`,
  'run.failed': (data) => `Run failed: ${runName(data)}`,
  'run.cancelled': (data) => `Run cancelled: ${runName(data)}`,
  'run.waiting': (data) => `Run waits for you: ${runName(data)}`,
  'agent.lost': ({ agent_name }) => `Agent lost: ${oneLine(agent_name)}`,
  'sign-in.needed': ({ connection }) => `Somebody has to sign in: ${oneLine(connection)}`,
  test: () => 'A test of this address',
};

/** In the order in which they are read; a field that is not there is left out. */
const FIELDS: readonly [string, (data: NotificationBody['data']) => Json | undefined][] = [
  ['Pipeline', ({ pipeline_name }) => pipeline_name],
  ['Run', ({ run_id }) => run_id],
  ['Agent', ({ agent_name }) => agent_name],
  ['Instance', ({ agent_instance }) => agent_instance],
  ['Connection', ({ connection }) => connection],
  ['Who', ({ person }) => person],
  ['Stage', ({ stage }) => stage],
  ['Why', ({ reason }) => reason],
  ['What to do', ({ way_out }) => way_out],
  ['Error', ({ error }) => (isJsonObject(error) ? `${error.code}: ${error.message}` : undefined)],
  ['Started', ({ created_at }) => created_at],
  ['Ended', ({ finished_at }) => finished_at],
  ['Since', ({ since }) => since],
];

/** Plain text, and the same as simple HTML. */
export function writeMail({ type, data }: NotificationBody): MailText {
  const title = TITLES[type](data);
  const facts = FIELDS.map(([name, read]) => [name, oneLine(read(data))] as const).filter(
    ([, value]) => value !== '',
  );
  const url = typeof data.url === 'string' ? data.url : null;
  const lines = [title, '', ...facts.map(([name, value]) => `${name}: ${value}`), ...(url ? ['', url] : [])];
  const rows = facts.map(
    ([name, value]) =>
      `<tr><td style="padding-right:1em;color:#666">${toHtml(name)}</td><td>${toHtml(value)}</td></tr>`,
  );
  const link = url ? `<p><a href="${toHtml(url)}">${toHtml(url)}</a></p>` : '';
  return {
    subject: `[Signalbox] ${title}`,
    text: `${lines.join('\n')}\n`,
    html: `<!doctype html><html><body><p><b>${toHtml(title)}</b></p><table>${rows.join('')}</table>${link}</body></html>`,
  };
}
