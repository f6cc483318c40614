/**
 * Files as objects, each with its SHA-256: what is downloaded is what was uploaded, or an error. Large files go in parts.
 *
 * Parts are read into memory and not streamed, since the SDK can only send again what it still has.
 */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { type FileHandle, open, readFile, stat } from 'node:fs/promises'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Connection } from './client'
import { Damaged } from './faults'
import { type Condition, type Objects, isMissing, md5Of, repeated } from './objects'

// model ------------------------------------------------------------------------------------------

/** Bytes; a test makes them small. */
export interface PartSizes {
  /** A file of at most so many is uploaded in one request. */
  readonly whole: number
  /** Of a part of a larger file; more where there would be too many parts. */
  readonly part: number
}

const megabyte = 1024 * 1024
export const partSizes: PartSizes = { whole: 64 * megabyte, part: 16 * megabyte }

/** S3's limit. */
const mostParts = 10_000
/** Parts that are sent at once: what they take of memory is that many of them. */
const partsAtOnce = 4

export interface Files {
  /** Does nothing where the condition does not hold; it is for small files, and not looked at for those that go in parts. */
  readonly upload: (path: string, key: string, condition?: Condition) => Promise<void>
  readonly download: (key: string, path: string, size: number) => Promise<void>
}

// hashes -----------------------------------------------------------------------------------------

const hashField = 'sha256'

const hashOfFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) if (Buffer.isBuffer(chunk)) hash.update(chunk)
  return hash.digest('hex')
}

const filePart = async (file: FileHandle, at: number, length: number): Promise<Buffer> => {
  const bytes = Buffer.alloc(length)
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done)
    if (bytesRead === 0) throw new Error('the file became shorter while it was uploaded')
    done += bytesRead
  }
  return bytes
}

// constructors -----------------------------------------------------------------------------------

export const filesOf = (
  { library, client, location }: Connection,
  objects: Objects,
  sizes: PartSizes = partSizes,
): Files => {
  const place = (key: string): { readonly Bucket: string; readonly Key: string } => ({
    Bucket: location.bucket,
    Key: `${location.prefix}${key}`,
  })

  const uploadInParts = async (path: string, key: string, size: number): Promise<void> => {
    const sha256 = await hashOfFile(path)
    const length = Math.max(sizes.part, Math.ceil(size / mostParts))
    const numbers = Array.from({ length: Math.ceil(size / length) }, (_, i) => i + 1)
    const { UploadId } = await client.send(
      new library.CreateMultipartUploadCommand({ ...place(key), Metadata: { [hashField]: sha256 } }),
    )
    const upload = { ...place(key), UploadId }
    const sent = async (file: FileHandle, number: number) => {
      const at = (number - 1) * length
      const bytes = await filePart(file, at, Math.min(length, size - at))
      const { ETag } = await client.send(
        new library.UploadPartCommand({
          ...upload,
          PartNumber: number,
          Body: bytes,
          ContentMD5: md5Of(bytes),
        }),
      )
      return { ETag, PartNumber: number }
    }
    const file = await open(path, 'r')
    try {
      const parts: Awaited<ReturnType<typeof sent>>[] = []
      for (let i = 0; i < numbers.length; i += partsAtOnce)
        parts.push(
          ...(await Promise.all(numbers.slice(i, i + partsAtOnce).map((number) => sent(file, number)))),
        )
      await client.send(
        new library.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } }),
      )
    } catch (cause) {
      // Where the answer to the last request was lost, the upload is complete and no longer known.
      if (isMissing(cause) && (await objects.metadata(key))?.[hashField] === sha256) return
      await client.send(new library.AbortMultipartUploadCommand(upload)).catch(() => undefined)
      throw cause
    } finally {
      await file.close()
    }
  }

  const downloaded = async (key: string, path: string, size: number): Promise<void> => {
    const { Body, Metadata } = await client.send(new library.GetObjectCommand(place(key)))
    if (!(Body instanceof Readable)) throw new Damaged('nothing arrived')
    const hash = createHash('sha256')
    const seen = { bytes: 0 }
    const counted = new Transform({
      transform: (chunk: Buffer, _, done) => {
        seen.bytes += chunk.byteLength
        hash.update(chunk)
        done(null, chunk)
      },
    })
    await pipeline(Body, counted, createWriteStream(path))
    if (seen.bytes !== size) throw new Damaged(`${seen.bytes} of ${size} bytes arrived`)
    const expected = Metadata?.[hashField]
    // Objects that another tool has copied may have lost it.
    if (expected !== undefined && expected !== hash.digest('hex'))
      throw new Damaged('a file arrived that is not what was uploaded')
  }

  return {
    upload: async (path, key, condition) => {
      const { size } = await stat(path)
      if (size > sizes.whole) return uploadInParts(path, key, size)
      const bytes = await readFile(path)
      const metadata = { [hashField]: createHash('sha256').update(bytes).digest('hex') }
      await objects.write(key, bytes, {
        metadata,
        ...(condition === undefined ? {} : { condition }),
      })
    },
    download: (key, path, size) => repeated(() => downloaded(key, path, size)),
  }
}
