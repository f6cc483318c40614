/** Building, checking and removing the engines that use libtensorflow. */
export { type Built, buildEngine } from './build'
export type { BuildOptions } from './buildOptions'
export { type BuiltEngine, type Manifest, type Variant, builtEngines, cleanEngines, variants } from './home'
export { type LibrarySource, testedTensorflow } from './library'
