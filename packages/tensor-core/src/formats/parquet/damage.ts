/** What is wrong with a Parquet file, thrown inside the decoder's own process and told to the one that asked. */

export class Damage extends Error {
  constructor(
    message: string,
    /** Unsupported: a sound file of a kind that is not read. */
    readonly kind: 'damaged' | 'unsupported' = 'damaged',
    /** 1-based number of the row it shows in. */
    readonly row?: number,
  ) {
    super(message)
  }
}

export const damage = (message: string): never => {
  throw new Damage(message)
}

export const refuse = (message: string): never => {
  throw new Damage(message, 'unsupported')
}
