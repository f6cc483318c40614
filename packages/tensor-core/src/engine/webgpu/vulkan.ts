/**
 * Linux's Vulkan loader, `libvulkan.so.1`, loaded before Dawn asks for it by name.
 *
 * A driver named by `VK_DRIVER_FILES` or `VK_ICD_FILENAMES` may bring a loader beside it, as SwiftShader does in a browser's
 * folder; a system without one of its own then needs no `LD_LIBRARY_PATH`.
 */
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { causeLine } from '../../contracts'

const loader = 'libvulkan.so.1'

/** RTLD_NODELETE of Linux: Node closes what is not an addon of its own, and this keeps it loaded. */
const keepLoaded = 0x1000

/** Whether the dynamic linker has found and loaded a library. */
const isLoaded = (library: string): boolean => {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | keepLoaded)
    return true
  } catch (cause) {
    // A library that is no addon is loaded all the same, and only then called so.
    return causeLine(cause).includes('did not self-register')
  }
}

const besideDrivers = (): ReadonlyArray<string> =>
  (process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES'] ?? '')
    .split(delimiter)
    .filter((file) => file !== '')
    .map((file) => join(dirname(file), loader))
    .filter((file) => existsSync(file))

/** @returns why there is no Vulkan on this Linux; undefined where there may be, and on other systems. */
export const missingVulkan = (): string | undefined =>
  process.platform !== 'linux' || isLoaded(loader) || besideDrivers().some(isLoaded)
    ? undefined
    : 'no Vulkan loader (libvulkan.so.1): install libvulkan1 and a Vulkan driver of the GPU'
