/** Words as nudging counts them: what a model writes up to the next blank, with the blanks before it. */
import { unfinishedTail } from '../../mixing/anchorReading'

const BLANK = 0x20

/** The bytes of the word with which these begin; undefined while no blank has ended it. */
export const firstWord = (bytes: Uint8Array): Uint8Array | undefined => {
  const start = bytes.findIndex((byte) => byte !== BLANK)
  const end = start === -1 ? -1 : bytes.indexOf(BLANK, start)
  return end === -1 ? undefined : bytes.subarray(0, end)
}

/** A word as text; where it was cut inside a character, without that character. */
export const wordText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.subarray(0, bytes.length - unfinishedTail(bytes))).toString('utf8')
