/** Where results are kept: the port, and the store that is a folder. */
export { folderStore } from './folderStore'
export { leasing, pause } from './leasing'
export { type StorePlace, folderPlace, openStore, placeOf, withStore } from './openStore'
export {
  type Documents,
  type Holder,
  type Lease,
  type Piece,
  type PieceKind,
  type ResultStore,
  leaseSeconds,
} from './resultStore'
