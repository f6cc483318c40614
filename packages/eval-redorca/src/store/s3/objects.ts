/**
 * The requests of a store, by keys without its prefix. They reject as the SDK does; `faults.ts` reads that.
 *
 * A request whose answer was lost is sent again by the SDK. So a conditional write that was refused may have been written by this very
 * process: who must know looks for a token of its own in what is there.
 */
import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Connection } from './client'
import { codeOf, statusOf } from './faults'

// model ------------------------------------------------------------------------------------------

export interface StoredText {
  readonly text: string
  /** Of this version; undefined where the server gives none. */
  readonly etag: string | undefined
}

export interface StoredObject {
  readonly key: string
  readonly size: number
  /** Milliseconds since 1970, by the server's clock. */
  readonly modified: number
}

/** `absent`: write only where there is no object. An etag: only where the object is that version. */
export type Condition = { readonly absent: true } | { readonly etag: string }

export interface Written {
  readonly etag: string | undefined
}

export interface Objects {
  /** Undefined where there is none. */
  readonly read: (key: string) => Promise<StoredText | undefined>
  /** What was stored with an object; undefined where there is none. */
  readonly metadata: (key: string) => Promise<Readonly<Record<string, string>> | undefined>
  /** Undefined where the condition does not hold, or another write was quicker. */
  readonly write: (
    key: string,
    body: string | Uint8Array,
    choice?: { readonly condition?: Condition; readonly metadata?: Readonly<Record<string, string>> },
  ) => Promise<Written | undefined>
  /** An object that is not there is no error. @param etag the version to be removed. @returns false where it is another one */
  readonly remove: (key: string, etag?: string) => Promise<boolean>
  /** Objects whose keys begin so, page by page. @param flat only those without a further `/` */
  readonly list: (under: string, flat?: boolean) => AsyncGenerator<ReadonlyArray<StoredObject>>
}

// answers ----------------------------------------------------------------------------------------

/** Whether there is no such object; a bucket that is missing is something else. */
export const isMissing = (cause: unknown): boolean =>
  statusOf(cause) === 404 && codeOf(cause) !== 'NoSuchBucket'

/** 412: the condition does not hold. 409: another write of the same object is under way. */
const isRefused = (cause: unknown): boolean => statusOf(cause) === 412 || statusOf(cause) === 409

/** The server knows no conditions of that kind. */
const isUnknown = (cause: unknown): boolean => statusOf(cause) === 501 || codeOf(cause) === 'NotImplemented'

/** How often a body is read: the SDK repeats requests, but not the reading of an answer that broke off. */
const readings = 5

/** Repeats what failed without a refusal of the server. */
export const repeated = async <A>(attempt: () => Promise<A>, left = readings): Promise<A> => {
  try {
    return await attempt()
  } catch (cause) {
    const status = statusOf(cause)
    if (left <= 1 || (status !== undefined && status >= 300)) throw cause
    await pause(100 * 2 ** (readings - left))
    return repeated(attempt, left - 1)
  }
}

export const md5Of = (body: string | Uint8Array): string => createHash('md5').update(body).digest('base64')

// constructors -----------------------------------------------------------------------------------

export const objectsOf = ({ library, client, location }: Connection): Objects => {
  const place = (key: string): { readonly Bucket: string; readonly Key: string } => ({
    Bucket: location.bucket,
    Key: `${location.prefix}${key}`,
  })
  const removal = async (key: string, etag: string | undefined): Promise<boolean> => {
    try {
      await client.send(
        new library.DeleteObjectCommand({ ...place(key), ...(etag === undefined ? {} : { IfMatch: etag }) }),
      )
      return true
    } catch (cause) {
      if (isMissing(cause)) return true
      if (isRefused(cause)) return false
      if (etag !== undefined && isUnknown(cause)) return removal(key, undefined)
      throw cause
    }
  }
  return {
    read: (key) =>
      repeated(async () => {
        try {
          const { Body, ETag } = await client.send(new library.GetObjectCommand(place(key)))
          return { text: (await Body?.transformToString('utf8')) ?? '', etag: ETag }
        } catch (cause) {
          if (isMissing(cause)) return undefined
          throw cause
        }
      }),
    metadata: async (key) => {
      try {
        const { Metadata } = await client.send(new library.HeadObjectCommand(place(key)))
        return Metadata ?? {}
      } catch (cause) {
        if (isMissing(cause)) return undefined
        throw cause
      }
    },
    write: async (key, body, { condition, metadata } = {}) => {
      try {
        const { ETag } = await client.send(
          new library.PutObjectCommand({
            ...place(key),
            Body: body,
            ContentMD5: md5Of(body),
            ...(metadata === undefined ? {} : { Metadata: { ...metadata } }),
            ...(condition === undefined
              ? {}
              : 'etag' in condition
                ? { IfMatch: condition.etag }
                : { IfNoneMatch: '*' }),
          }),
        )
        return { etag: ETag }
      } catch (cause) {
        if (condition !== undefined && (isRefused(cause) || isMissing(cause))) return undefined
        throw cause
      }
    },
    remove: removal,
    list: async function* (under, flat = false) {
      const state: { token?: string; more: boolean } = { more: true }
      while (state.more) {
        const page = await client.send(
          new library.ListObjectsV2Command({
            Bucket: location.bucket,
            Prefix: `${location.prefix}${under}`,
            ...(flat ? { Delimiter: '/' } : {}),
            ...(state.token === undefined ? {} : { ContinuationToken: state.token }),
          }),
        )
        yield (page.Contents ?? []).flatMap(({ Key, Size, LastModified }) =>
          Key === undefined
            ? []
            : [
                {
                  key: Key.slice(location.prefix.length),
                  size: Size ?? 0,
                  modified: LastModified?.getTime() ?? 0,
                },
              ],
        )
        state.more = page.IsTruncated === true && page.NextContinuationToken !== undefined
        if (page.NextContinuationToken !== undefined) state.token = page.NextContinuationToken
      }
    },
  }
}
