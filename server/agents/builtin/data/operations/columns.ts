import type { Column } from '../engine/database.ts';
import { invalidInput, listed, shown } from '../engine/failures.ts';

/** The column as the table spells it: exactly so, or the only one that differs in case. */
export function findColumn(columns: readonly Column[], name: string, where: string): Column {
  const found =
    columns.find((column) => column.name === name) ??
    columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
  if (found) return found;
  const names = listed(columns.map((column) => column.name));
  throw invalidInput(
    'UNKNOWN_COLUMN',
    `${where} names the column ${shown(name)}, and the table has ${names}.`,
  );
}

const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/;

export function isNumeric(column: Column): boolean {
  return NUMERIC.test(column.type);
}

export function isTemporal(column: Column): boolean {
  return /^(DATE|TIMESTAMP)/.test(column.type);
}

export function requireNumeric(column: Column, where: string): void {
  if (!isNumeric(column)) {
    throw invalidInput(
      'WRONG_TYPE',
      `${where} needs numbers, and the column ${shown(column.name)} is ${column.type}. Cast it first.`,
    );
  }
}

export function refuseTaken(columns: readonly Column[], name: string, where: string): void {
  if (columns.some((column) => column.name.toLowerCase() === name.toLowerCase())) {
    throw invalidInput('COLUMN_EXISTS', `${where} would make a second column ${shown(name)}.`);
  }
}
