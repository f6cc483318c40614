/** Where results are kept: the port, and the stores, a folder or S3. */
export { folderStore } from './folderStore'
export { leasing, pause } from './leasing'
export { type StorePlace, folderPlace, openStore, placeOf, storePlace, withStore } from './openStore'
export { publish, publishAt, runDocuments } from './publish'
export {
  type Documents,
  type Holder,
  type Lease,
  type Piece,
  type PieceKind,
  type ResultStore,
  leaseSeconds,
} from './resultStore'
