/**
 * Vulkan on Linux, checked before Dawn is loaded: its loader, `libvulkan.so.1`, and the manifests of its drivers. Without them Dawn
 * would only print an error.
 *
 * A driver named by `VK_DRIVER_FILES` or `VK_ICD_FILENAMES` may have a loader beside it, as SwiftShader does in a browser's folder;
 * a system without its own loader then needs no `LD_LIBRARY_PATH`.
 */
import { existsSync, readdirSync } from 'node:fs'
import { constants, homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { causeLine } from '../../contracts'

// the loader -------------------------------------------------------------------------------------

const loader = 'libvulkan.so.1'

/** RTLD_NODELETE of Linux: Node closes a library that is not an addon, and this keeps it loaded. */
const keepLoaded = 0x1000

/** Whether the dynamic linker has found and loaded a library. */
const isLoaded = (library: string): boolean => {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | keepLoaded)
    return true
  } catch (cause) {
    // A library that is not an addon is loaded before Node reports this error.
    return causeLine(cause).includes('did not self-register')
  }
}

// drivers ----------------------------------------------------------------------------------------

const filled = (value: string | undefined): string | undefined => (value === '' ? undefined : value)

/** The manifests that the environment names, instead of the installed ones. */
const namedDrivers = (): ReadonlyArray<string> | undefined =>
  (filled(process.env['VK_DRIVER_FILES']) ?? filled(process.env['VK_ICD_FILENAMES']))
    ?.split(delimiter)
    .filter((file) => file !== '')

/** Where Vulkan's loader looks for manifests (its documentation, "Linux Driver Discovery"). */
const driverFolders = (): ReadonlyArray<string> => {
  const folders = (variable: string, fallback: string): ReadonlyArray<string> =>
    (filled(process.env[variable]) ?? fallback).split(delimiter)
  return [
    ...folders('XDG_CONFIG_HOME', join(homedir(), '.config')),
    ...folders('XDG_CONFIG_DIRS', '/etc/xdg'),
    '/usr/local/etc',
    '/etc',
    ...folders('XDG_DATA_HOME', join(homedir(), '.local', 'share')),
    ...folders('XDG_DATA_DIRS', '/usr/local/share:/usr/share'),
    '/usr/local/share',
    '/usr/share',
  ].map((folder) => join(folder, 'vulkan', 'icd.d'))
}

const hasManifest = (folder: string): boolean => {
  try {
    return readdirSync(folder).some((name) => name.endsWith('.json'))
  } catch {
    return false
  }
}

// finding ----------------------------------------------------------------------------------------

/** @returns the reason why this Linux has no Vulkan; undefined if it may have it, and on other systems. */
export const missingVulkan = (): string | undefined => {
  if (process.platform !== 'linux') return undefined
  const named = namedDrivers()
  const absent = named?.find((file) => !existsSync(file))
  if (absent !== undefined && named?.length === 1)
    return `no Vulkan driver: ${absent}, which the environment names, does not exist`
  const beside = (named ?? []).map((file) => join(dirname(file), loader)).filter((file) => existsSync(file))
  if (!isLoaded(loader) && !beside.some(isLoaded))
    return `no Vulkan loader (${loader}): install libvulkan1 and a Vulkan driver of the GPU`
  return named === undefined &&
    filled(process.env['VK_ADD_DRIVER_FILES']) === undefined &&
    !driverFolders().some(hasManifest)
    ? 'no Vulkan driver is installed'
    : undefined
}
