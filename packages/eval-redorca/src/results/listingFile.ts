/** Reads `results.json` for its listing. */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { decodeAs, kindOf, parseJson, readJson } from '@safe/tensor-core/files'
import { type Listing, listingCodec } from './listing'

// by lines ---------------------------------------------------------------------------------------

/** The lists that follow from the cells, and that are computed again. */
const derived: ReadonlySet<string> = new Set([
  ...['groups', 'equalUtility', 'fronts', 'worstCase', 'effects', 'interactions'],
])

/** ` "cells": [`: a field of the outermost record, with the beginning of its value. */
const fieldLine = /^ "([A-Za-z]+)": (.+)$/s

/** The last line of an element of a list: of one that is a line, or of one that is indented. */
const lastOfElement = /^ {2}(\{.*)?\},?$/s

/** A value's last line, without the comma after it. */
const ended = (line: string): string => (line.endsWith(',') ? line.slice(0, -1) : line)

/** What is read of a listed cell: its metrics are computed again, and of very many cells they take much memory. */
const listedFields = ['id', 'factors', 'strengths', 'control', 'published'] as const

const listedOf = (cell: unknown): unknown =>
  t.UnknownRecord.is(cell)
    ? Object.fromEntries(listedFields.flatMap((name) => (name in cell ? [[name, cell[name]]] : [])))
    : cell

/** Collects the fields of the outermost record from its lines. */
interface Collector {
  /** @returns false where the text is not laid out as `resultsText.ts` does it */
  readonly take: (line: string) => boolean
  /** The record; undefined where its end was not among the lines. */
  readonly record: () => Readonly<Record<string, unknown>> | undefined
}

const collector = (path: string): Collector => {
  const record: Record<string, unknown> = {}
  const cells: unknown[] = []
  const state: { at: 'start' | 'fields' | 'end'; field?: string; text: string[] } = { at: 'start', text: [] }
  const parsed = (text: string, use: (value: unknown) => void): boolean => {
    const value = parseJson(path, text)
    if (E.isRight(value)) use(value.right)
    return E.isRight(value)
  }
  /** A line within a list or a record that is a field. */
  const inside = (field: string, line: string): boolean => {
    const isLast = /^ [\]}],?$/.test(line)
    if (isLast) delete state.field
    if (derived.has(field)) return true
    if (field === 'cells' && isLast) {
      record['cells'] = cells
      return state.text.length === 0
    }
    const isWhole = isLast || (field === 'cells' && lastOfElement.test(line))
    state.text.push(isWhole ? ended(line) : line)
    if (!isWhole) return true
    const text = state.text.splice(0).join('\n')
    return parsed(text, (value) => {
      if (field === 'cells') cells.push(listedOf(value))
      else record[field] = value
    })
  }
  const take = (line: string): boolean => {
    if (state.at === 'start') {
      state.at = 'fields'
      return line === '{'
    }
    if (state.at === 'end') return line === ''
    if (state.field !== undefined) return inside(state.field, line)
    if (line === '}') {
      state.at = 'end'
      return true
    }
    const [, field, value] = fieldLine.exec(line) ?? []
    if (field === undefined || value === undefined) return false
    if (value === '[' || value === '{') {
      state.field = field
      if (field !== 'cells' && !derived.has(field)) state.text.push(value)
      return true
    }
    return parsed(ended(value), (found) => {
      record[field] = found
    })
  }
  return { take, record: () => (state.at === 'end' ? record : undefined) }
}

/** Bytes read at once, and the longest line (characters): results of another layout may be one line. */
const [partBytes, longestLine] = [1 << 20, 1 << 24]

/** Undefined where the file is laid out in another way, or cannot be read. */
const recordByLines = async (path: string): Promise<Readonly<Record<string, unknown>> | undefined> => {
  const stream = createReadStream(path, { encoding: 'utf8', highWaterMark: partBytes })
  const { take, record } = collector(path)
  const state = { rest: '' }
  try {
    for await (const part of stream) {
      const lines = `${state.rest}${String(part)}`.split('\n')
      state.rest = lines.pop() ?? ''
      if (!lines.every(take) || state.rest.length > longestLine) return undefined
    }
    return take(state.rest) ? record() : undefined
  } catch {
    return undefined
  } finally {
    stream.destroy()
  }
}

// reading ----------------------------------------------------------------------------------------

/**
 * Reads a file that is a `results.json` for the list of its cells: line by line as it is written, for it may be larger than what can be
 * read at once; whole where something else wrote it.
 *
 * @returns left where it is missing or damaged
 */
export const readListingFile = (path: string): TE.TaskEither<Fault, Listing> =>
  pipe(
    TE.fromTask(() => recordByLines(path)),
    TE.chain((record) => (record === undefined ? readJson(path) : TE.right(record))),
    TE.chainEitherKW(decodeAs('FileDamaged')(listingCodec, path, 'run the benchmark again into that folder')),
  )

/** Reads the `results.json` of a folder for the list of its cells. @returns left where it is missing or damaged */
export const readListing = (out: string): TE.TaskEither<Fault, Listing> => {
  const path = join(out, 'results.json')
  return pipe(
    kindOf(path),
    TE.filterOrElseW(
      (kind) => kind === 'file',
      (): Fault =>
        badInput('FileMissing', 'contains no results.json', {
          where: out,
          remedy: 'give the folder of a finished benchmark',
        }),
    ),
    TE.chainW(() => readListingFile(path)),
  )
}
