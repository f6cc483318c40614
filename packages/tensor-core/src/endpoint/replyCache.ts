/**
 * Replies on disk, one file per request, named by the request's hash. Several processes may use one folder: entries are written in one
 * step, and two writers of one entry write what they were answered. An entry that cannot be read counts as absent.
 */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as T from 'fp-ts/Task'
import type * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { FormatError } from '../contracts'
import { contentHash, readJson, writeWhole } from '../files'
import { Reply } from './reply'

// model ------------------------------------------------------------------------------------------

/** Replies by the keys of their requests. */
export interface ReplyCache {
  readonly find: (key: string) => T.Task<Reply | undefined>
  readonly keep: (key: string, reply: Reply) => TE.TaskEither<FormatError, void>
}

/** The digest shows an entry that was changed or written half. */
const Entry = t.type({ key: t.string, digest: t.string, reply: Reply })

// constructor ------------------------------------------------------------------------------------

/** 256 folders, so that none has too many files. */
const pathOf = (folder: string, key: string): string => join(folder, key.slice(0, 2), `${key.slice(2)}.json`)

/** A cache in a folder, which is made when the first reply is kept. Requests and keys of servers are not stored. */
export const replyCache = (folder: string): ReplyCache => ({
  find: (key) =>
    pipe(
      readJson(pathOf(folder, key)),
      T.map(
        E.match(
          () => undefined,
          (json) => {
            const entry = Entry.decode(json)
            return E.isRight(entry) &&
              entry.right.key === key &&
              contentHash(entry.right.reply) === entry.right.digest
              ? entry.right.reply
              : undefined
          },
        ),
      ),
    ),
  keep: (key, reply) =>
    writeWhole(pathOf(folder, key), `${JSON.stringify({ key, digest: contentHash(reply), reply })}\n`),
})
