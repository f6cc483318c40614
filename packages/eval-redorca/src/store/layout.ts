/** The names in a store, which is laid out as a results folder whatever it is kept in. */
import type { PieceKind } from './resultStore'

export const pieceKinds: ReadonlyArray<PieceKind> = ['cells', 'work']

/** The file that the folder of a whole piece has, and that older or foreign folders lack. */
export const marks: Readonly<Record<PieceKind, string>> = { cells: 'cell.json', work: 'key.json' }

export const leasesFolder = 'leases'

/** The folders of documents that come and go while a run goes on. */
export const documentFolders: ReadonlyArray<string> = [leasesFolder, 'workers', 'failed', 'queue']

/** The document of a lease, whose name may hold `/`, as pieces do. */
export const leaseName = (name: string): string => `${leasesFolder}/${name.replaceAll('/', '-')}.json`
