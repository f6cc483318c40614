/** Problems of a Parquet file: thrown inside the decoder's process, which reports them to its parent. */

export class Damage extends Error {
  constructor(
    message: string,
    /** Unsupported: a valid file of a kind that is not read. */
    readonly kind: 'damaged' | 'unsupported' = 'damaged',
    /** 1-based number of the row with the problem. */
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
