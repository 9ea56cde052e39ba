// @ts-check
import { readFileSync } from 'node:fs';

const [BACKSPACE, DELETE, CTRL_C, CTRL_D] = ['\b', '\u007f', '\u0003', '\u0004'];

/** What somebody types without its being shown; from a pipe, its first line. @param {string} question @returns {Promise<string>} */
export async function askSecret(question, { stdin = process.stdin, stderr = process.stderr } = {}) {
  if (!stdin.isTTY) return (readFileSync(0, 'utf8').split('\n')[0] ?? '').trim();
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8').resume();
  let typed = '';
  try {
    for await (const chunk of stdin) {
      for (const letter of chunk) {
        if (letter === CTRL_C) process.exit(130);
        if (letter === '\r' || letter === '\n' || letter === CTRL_D) return typed.trim();
        typed = letter === BACKSPACE || letter === DELETE ? typed.slice(0, -1) : typed + letter;
      }
    }
    return typed.trim();
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}
